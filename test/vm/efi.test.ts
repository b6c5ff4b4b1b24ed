import { beforeAll, describe, expect, it } from 'vitest';
import { whyNoLab } from '../../lab/machine.ts';
import { vmDown } from '../../lab/vm/vm.ts';
import type { Ended } from '../lab/ended.ts';
import { ends, endSuite } from '../lab/suite.ts';
import { createMachine, inVm, type Machine } from './machine.ts';

const reason = whyNoLab();

describe.skipIf(reason !== undefined)(
  `a machine that starts by EFI gets another kernel${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let machine: Machine;
    const upgrade = async (...more: string[]): Promise<Ended> => {
      const { kha, file } = machine;
      const ended = await kha.run('start-workflow', 'kernel-upgrade', '-f', file, '--accept-host-keys', ...more);
      ends(ended);
      return ended;
    };

    beforeAll(async () => {
      machine = await createMachine('efi');
    }, 1_200_000);
    endSuite(() => machine?.kha, { down: () => vmDown(['vm1']) });

    it('starts with the newest one, and a second time changes nothing', async () => {
      const { kernels } = machine.vm;
      expect(await inVm('ls -d /sys/firmware/efi; uname -r')).toBe(`/sys/firmware/efi\n${kernels.old}`);
      await upgrade();
      expect(await inVm('uname -r')).toBe(kernels.new);
      expect((await upgrade()).stderr).toContain('nothing to change');
    }, 1_800_000);

    it('goes back to the older one, which is not the first entry of the menu', async () => {
      const { kernels } = machine.vm;
      await upgrade('--kernel', kernels.old);
      expect(await inVm('uname -r')).toBe(kernels.old);
    }, 1_800_000);
  },
);
