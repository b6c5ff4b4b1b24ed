import { beforeAll, describe, expect, it } from 'vitest';
import { whyNoLab } from '../../lab/machine.ts';
import { type Vm, vmDown } from '../../lab/vm/vm.ts';
import { answers, waitUntil } from '../../lab/wait.ts';
import { createRandom } from '../chaos/random.ts';
import type { Ended } from '../lab/ended.ts';
import type { Kha } from '../lab/kha.ts';
import { killAtRandom } from '../lab/kill-at-random.ts';
import { seed } from '../lab/seed.ts';
import { ends, endSuite } from '../lab/suite.ts';
import { createMachine, inVm } from './machine.ts';

const reason = whyNoLab();

describe.skipIf(reason !== undefined)(
  `a machine with a kernel of its own gets another one${reason === undefined ? `, seed ${seed}` : ` (${reason})`}`,
  () => {
    let vm: Vm;
    let kha: Kha;
    let file: string;
    const upgrade = (...more: string[]): Promise<Ended> =>
      kha.run('start-workflow', 'kernel-upgrade', '-f', file, '--accept-host-keys', ...more);

    beforeAll(async () => {
      ({ vm, kha, file } = await createMachine('bios'));
    }, 1_200_000);
    endSuite(() => kha, { down: () => vmDown(['vm1']) });

    it('refuses a kernel that nobody has, and touches nothing', async () => {
      const { code, stdout, stderr } = await upgrade('--kernel', '6.1.0-999');
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain('there is no package linux-image-6.1.0-999');
      expect(await inVm(`ls /var/lib/kha 2>/dev/null; ls /boot/vmlinuz-*`)).toBe(`/boot/vmlinuz-${vm.kernels.old}`);
    }, 300_000);

    it('shows from which kernel to which, and installs it; before the reboot it waits for a person', async () => {
      const dry = await kha.ok('plan', 'kernel-upgrade', '-f', file, '--dry-run', '--accept-host-keys');
      expect(dry).toContain(`vm1 restarts with ${vm.kernels.new}  now: runs ${vm.kernels.old}`);
      const began = Date.now();
      const { code, stdout, stderr } = await upgrade('--approve-before', 'reboot', '--approval-expires', '5h');
      expect(code, stderr + stdout).toBe(7);
      const asked = JSON.parse(await kha.ok('approvals', '-o', 'json')) as { items: Record<string, string>[] };
      expect(asked.items).toMatchObject([
        {
          cluster: 'demo',
          operation: 'kernel-upgrade',
          gate: 'approve-reboot/vm1',
          hosts: ['vm1'],
          what: ['Reboot into the kernel'],
          why: expect.stringContaining('another boot id'),
        },
      ]);
      const [since, until] = ['since', 'until'].map((field) => Date.parse(asked.items[0]?.[field] ?? ''));
      expect(since).toBeGreaterThan(began - 1000);
      expect(until).toBe((since ?? 0) + 5 * 3_600_000);
      expect((await kha.run('status', 'demo')).stdout).toContain('Reboot into the kernel: vm1');
      // The packages are no matter of it.
      expect(await inVm(`ls /boot/vmlinuz-*`)).toContain(vm.kernels.new);
      expect(await inVm('uname -r')).toBe(vm.kernels.old);

      const wrong = await kha.run('approve', 'demo', 'reboot/vm2', '--reason', 'a slip');
      expect(wrong.code, wrong.stdout).toBe(3);
      expect(wrong.stderr).toContain('there is no gate reboot/vm2; these wait: approve-reboot/vm1');
      expect((await kha.run('status', 'demo')).code).toBe(7);
    }, 1_800_000);

    it('is told to go on, and goes there, with the worker killed while it is down', async () => {
      const before = await inVm('cat /proc/sys/kernel/random/boot_id');
      await kha.ok('approve', 'demo', 'reboot/vm1', '--reason', 'agreed with the users');
      const watching = kha.run('status', 'demo', '-w');
      const isDown = await Promise.race([
        waitUntil(async () => !(await answers('127.0.0.1', vm.port, 'SSH-', 5000)), 900, 200),
        watching.then(() => false),
      ]);
      expect(isDown, 'it ended before the reboot').toBe(true);
      await kha.killWorker();
      await kha.serve();
      ends(await watching);
      expect(await inVm('uname -r')).toBe(vm.kernels.new);
      expect(await inVm('cat /proc/sys/kernel/random/boot_id')).not.toBe(before);
      // Once: had it been asked for again, another boot id would stand here.
      expect(await inVm('cut -d" " -f3 /var/lib/kha/reboot')).toBe(before);

      const told = JSON.parse(await kha.ok('history', 'demo', 'latest', '-o', 'json')) as { items: object[] };
      expect(told.items).toMatchObject([
        { what: 'start kernel-upgrade', by: expect.stringContaining('@') },
        { what: 'approve reboot/vm1', by: expect.stringContaining('@'), why: 'agreed with the users' },
        { what: 'end: completed' },
      ]);
      const again = await upgrade();
      ends(again);
      expect(again.stderr).toContain('nothing to change');
    }, 1_800_000);

    it('goes back to the older one, which is not the first entry of the menu, though worker and server die at random', async () => {
      const before = await inVm('cat /proc/sys/kernel/random/boot_id');
      let isOver = false;
      const going = upgrade('--kernel', vm.kernels.old.replace(/-cloud-amd64$/, '')).finally(() => (isOver = true));
      const kills = await killAtRandom(kha, createRandom(seed), () => isOver, {
        seconds: [2, 20],
        isServer: ({ worker, server }) => server < worker,
      });
      console.error(`killed the worker ${kills.worker} times, the server ${kills.server} times`);
      ends(await going);
      expect(Math.min(kills.worker, kills.server), 'it was over too soon').toBeGreaterThan(0);
      expect(await inVm('cut -d" " -f3 /var/lib/kha/reboot')).toBe(before);
      expect(await inVm('uname -r')).toBe(vm.kernels.old);
      expect(await inVm('grub-editenv list')).toMatch(
        new RegExp(`^saved_entry=gnulinux-advanced-[^>]*>gnulinux-${vm.kernels.old}-`),
      );
    }, 1_800_000);
  },
);
