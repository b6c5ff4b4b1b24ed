import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labDown, labHosts, labStatus, labUp, passwordFile, power, sshExec } from '../../lab/lab.ts';
import { whyNoLab } from '../../lab/machine.ts';
import { waitUntil } from '../../lab/wait.ts';
import { type Footprint, footprint } from './footprint.ts';

const reason = whyNoLab();

/** The answer of a command that must succeed. */
async function onHost(name: string, command: string, options: { user?: string; input?: string } = {}): Promise<string> {
  const { code, stdout, stderr } = await sshExec(name, command, options);
  expect(code, `${name}: ${command}: ${stderr}`).toBe(0);
  return stdout.trim();
}

const bootId = (name: string) => onHost(name, 'cat /proc/sys/kernel/random/boot_id');

/** Wait until the host answers in another boot than this one: while it shuts down, ssh still answers. */
async function nextBoot(name: string, before: string): Promise<string> {
  let now = before;
  const changed = await waitUntil(async () => {
    const answer = await sshExec(name, 'cat /proc/sys/kernel/random/boot_id');
    if (answer.code === 0) now = answer.stdout.trim();
    return now !== before;
  }, 60);
  expect(changed, `${name} still answers with boot id ${before}, or not at all`).toBe(true);
  return now;
}

describe.skipIf(reason !== undefined)(`lab hosts${reason === undefined ? '' : ` (${reason})`}`, () => {
  let before: Footprint;

  beforeAll(async () => {
    if (labStatus().some((host) => host.on)) {
      throw new Error('The lab is up, and this test would take it down. Down first: npm run lab -- down');
    }
    await labDown(); // disks of an earlier run
    before = footprint();
    await labUp(2, { mirror: false });
  });

  afterAll(async () => {
    if (before !== undefined) await labDown();
  });

  it('come up as two machines with their own names, keys, ids and addresses', async () => {
    const hosts = labHosts();
    expect(hosts.map(({ name, address }) => [name, address])).toEqual([
      ['h1', '10.88.0.11'],
      ['h2', '10.88.0.12'],
    ]);
    expect(new Set(hosts.map((host) => host.hostKey)).size).toBe(2);
    for (const question of [
      'cat /etc/machine-id',
      'cat /proc/sys/kernel/random/boot_id',
      'cat /sys/class/net/eth0/address',
    ]) {
      const answers = await Promise.all(hosts.map((host) => onHost(host.name, question)));
      expect(new Set(answers).size, question).toBe(2);
    }
    expect(await onHost('h1', 'hostname; cat /proc/1/comm')).toBe('h1\nsystemd');
    expect(await onHost('h1', 'systemctl is-system-running --wait || systemctl --failed')).toBe('running');
  });

  it('are bare: no container runtime, no Kubernetes, none of the tools that a node needs', async () => {
    const tools = 'containerd runc kubelet kubeadm kubectl crictl iptables socat conntrack ebtables ethtool ipset curl';
    expect(await onHost('h1', `for t in ${tools}; do command -v $t; done; true`)).toBe('');
  });

  it('let in root, ops with sudo as it comes, and pat whose sudo asks for a password', async () => {
    expect(await onHost('h1', 'id -un')).toBe('root');
    expect(await onHost('h1', 'sudo -n id -un', { user: 'ops' })).toBe('root');
    const refused = await sshExec('h1', 'sudo -n id -un', { user: 'pat' });
    expect(refused.code).not.toBe(0);
    const password = readFileSync(passwordFile, 'utf8');
    expect(await onHost('h1', "sudo -S -p '' id -un", { user: 'pat', input: password })).toBe('root');
  });

  it('reach each other, and nothing outside', async () => {
    await onHost('h1', 'ping -c1 -W2 10.88.0.12');
    const outside = await sshExec('h1', 'ping -c1 -W5 192.0.2.1');
    expect(outside.code).not.toBe(0);
    expect(outside.stdout).toContain('Unreachable'); // refused at once, not swallowed
  });

  it('have sysctls of their own, which a reboot resets', async () => {
    const machine = () => readFileSync('/proc/sys/vm/swappiness', 'utf8').trim();
    const [was, other] = [machine(), await onHost('h2', 'sysctl -n vm.swappiness')];
    await onHost('h1', 'sysctl -w vm.swappiness=7');
    expect(await onHost('h1', 'sysctl -n vm.swappiness')).toBe('7');
    expect(await onHost('h2', 'sysctl -n vm.swappiness')).toBe(other);
    expect(machine()).toBe(was);
    const boot = await bootId('h1');
    await onHost('h1', 'reboot').catch(() => undefined);
    await nextBoot('h1', boot);
    expect(await onHost('h1', 'sysctl -n vm.swappiness')).toBe(was);
  });

  it('really restart on reboot: a new boot id, uptime from zero, an empty /run, the disk as it was', async () => {
    await onHost('h2', 'echo kept >/root/on-disk; echo lost >/run/in-memory');
    const boot = await bootId('h2');
    await sshExec('h2', 'reboot');
    expect(await nextBoot('h2', boot)).not.toBe(boot);
    expect(Number(await onHost('h2', 'cut -d. -f1 /proc/uptime'))).toBeLessThan(60);
    expect(await onHost('h2', 'cat /root/on-disk; ls /run/in-memory 2>/dev/null; true')).toBe('kept');
  });

  it('lose power without a shutdown, and start again', async () => {
    const boot = await bootId('h1');
    await power('h1', 'reset');
    const second = await bootId('h1');
    expect(second).not.toBe(boot);
    await power('h1', 'off');
    expect(labStatus().find((host) => host.name === 'h1')?.on).toBe(false);
    expect((await sshExec('h1', 'true')).code).toBe(255);
    await expect(power('h1', 'reset')).rejects.toThrow('h1 is off');
    await power('h1', 'on');
    expect(await bootId('h1')).not.toBe(second);
  });

  it('stay as they are when brought up again', async () => {
    const boots = [await bootId('h1'), await bootId('h2')];
    await labUp(2, { mirror: false });
    expect([await bootId('h1'), await bootId('h2')]).toEqual(boots);
  });

  it('leave nothing when they go down, but the route that keeps their packets here', async () => {
    const during = footprint();
    expect(during.processes.length).toBeGreaterThan(before.processes.length);
    expect(during.cgroups.length).toBeGreaterThan(0);
    await labDown();
    expect(footprint()).toEqual(before);
    expect(labHosts()).toEqual([]);
    expect(execFileSync('ip', ['route'], { encoding: 'utf8' })).toContain('unreachable 10.88.0.0/24');
  });
});
