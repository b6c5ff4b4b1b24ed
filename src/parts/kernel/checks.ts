import type { Check } from '../../cluster/preflight.ts';
import { kernelPackagesOf, wantedKernel } from './registry.ts';

/** /boot holds a kernel and its RAM disk; packages unpack more before they are done. */
const BOOT_MIB = 200;

/** What a host must be like for another kernel. */
export const kernelChecks: readonly Check[] = [
  {
    id: 'KernelPackages',
    why: 'A kernel is installed by the packages of a distribution that kha knows.',
    host: (_, __, f) =>
      kernelPackagesOf(f)
        ? undefined
        : {
            found: `runs ${f.os.prettyName || f.os.id || 'an unknown system'}, of which kha can't upgrade the kernel`,
            hint: 'It can that of Debian, Ubuntu, RHEL and their relatives; leave the host out: --host.',
          },
  },
  {
    id: 'BootLoader',
    why: 'Which kernel is booted by default is set and read back before a host restarts.',
    host: (_, __, f) =>
      !kernelPackagesOf(f) || f.boot?.loader
        ? undefined
        : {
            found: 'has no boot loader that kha can set (GRUB with update-grub and grub-set-default, or grubby)',
            hint: 'Upgrade its kernel by hand, or leave the host out: --host.',
          },
  },
  {
    id: 'KernelCandidate',
    why: 'The kernel that is asked for must be one that the host can have.',
    host: (c, _, f) => {
      if (!kernelPackagesOf(f) || wantedKernel(c, f) !== undefined) return undefined;
      return c.kernel.files.length > 0
        ? {
            found: `has no kernel among kernel.files: none is of its kind (${kernelPackagesOf(f)?.ending}, ${f.arch})`,
            hint: 'Add the package of a kernel for it, or leave the host out: --host.',
          }
        : {
            found: `can't have the kernel ${c.kernel.version}: ${f.boot?.problem || 'its repositories were not asked'}`,
            hint: 'Correct the version, or the repositories of the host; or give package files, kernel.files.',
          };
    },
  },
  {
    id: 'BootSpace',
    why: 'A full /boot leaves half a kernel.',
    host: (c, _, f) =>
      !f.boot || f.boot.freeMiB >= BOOT_MIB || wantedKernel(c, f) === f.kernel
        ? undefined
        : {
            found: `has ${f.boot.freeMiB} MiB free at /boot`,
            hint: `${BOOT_MIB} MiB are needed; remove kernels that nobody boots any more.`,
          },
  },
];
