import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../hosts/base.ts';
import { debianMirror, updatePackageLists } from '../machine.ts';
import type { Piece } from '../pieces/piece.ts';
import { labFolder, places } from '../places.ts';
import { run, tryRun } from '../run.ts';
import { labError } from '../error.ts';

/** Kernels of the distribution by release: what the machine begins with, and the newest, which it can have. */
export interface VmKernels {
  old: string;
  new: string;
}

/** The package that follows the newest kernel for virtual machines. */
const META = 'linux-image-cloud-amd64';

/** As this machine's apt has them now. */
export async function vmKernels(): Promise<VmKernels> {
  const ask = async (): Promise<VmKernels | undefined> => {
    const { stdout: shown } = await tryRun('apt-cache', ['show', '--no-all-versions', META]);
    const newest = /linux-image-(\d[^ ,(|]*)/.exec(shown)?.[1];
    const { stdout: names } = await tryRun('apt-cache', ['pkgnames', 'linux-image-']);
    const series = newest?.replace(/-.*/, '-');
    const [old] = names
      .split('\n')
      .map((name) => name.replace('linux-image-', ''))
      .filter((r) => series !== undefined && r.startsWith(series) && /^[\d.]+-\d+-cloud-amd64$/.test(r) && r !== newest)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return newest === undefined || old === undefined ? undefined : { old, new: newest };
  };
  const found = (await ask()) ?? (await updatePackageLists().then(ask));
  if (!found)
    throw labError(
      "This machine's apt knows no two kernels for virtual machines.",
      'See apt-cache policy linux-image-cloud-amd64.',
    );
  return found;
}

const packages = [
  'systemd',
  'systemd-sysv',
  'udev',
  'dbus',
  'openssh-server',
  'iproute2',
  'kmod',
  'procps',
  'util-linux',
  'sudo',
  'initramfs-tools',
  'zstd',
];

/** What starts a machine, and the package of GRUB for it. */
const grub = { bios: 'grub-pc', efi: 'grub-efi-amd64' } as const;
export type Firmware = keyof typeof grub;

/** Disk of a virtual machine. Call ensureKeys before. */
export const vmBase = (kernels: VmKernels, firmware: Firmware): Piece => ({
  id: `vm-base-${firmware}`,
  version: suite,
  needs: [],
  // the lab's key is in it
  definition: {
    packages: [...packages, grub[firmware]],
    kernels,
    key: readFileSync(join(places.keys, 'id_lab.pub'), 'utf8'),
  },
  inputs: ['vm/base.sh', 'vm/files'],
  seconds: 150,
  build: async ({ out, work, log }) => {
    const debs = join(work, 'kernels');
    mkdirSync(debs);
    const wanted = [META, `linux-image-${kernels.old}`, `linux-image-${kernels.new}`];
    const download = ['download', '-qq', '-o', 'APT::Sandbox::User=root', ...wanted];
    if ((await tryRun('apt-get', download, { cwd: debs })).code !== 0) {
      await updatePackageLists();
      await run('apt-get', download, { cwd: debs });
    }
    await run(join(labFolder, 'vm', 'base.sh'), [], {
      log,
      env: {
        DISK: join(out, 'disk.raw'),
        KEYS: places.keys,
        CACHE: places.debs,
        SUITE: suite,
        DEBIAN_MIRROR: await debianMirror(),
        FIRMWARE: firmware,
        PACKAGES: [...packages, grub[firmware]].join(','),
        KERNELS: debs,
        OLD: kernels.old,
      },
    });
  },
});
