import { labError } from './error.ts';
import { run, tryRun } from './run.ts';

/** Where the lab can't run, how to go on without it. */
const otherWay =
  'Run it as root on a Linux machine with Debian 12 (a virtual machine will do), or use kha with hosts of your own: see docs/how-to/lab.md.';

/** Why the lab can't run on this machine, as a full sentence; undefined where it can. */
export function whyNoLab(): string | undefined {
  if (process.platform !== 'linux') return `The lab needs Linux; this machine runs ${process.platform}.`;
  if (process.arch !== 'x64') return `The lab builds programs for amd64 only; this machine is ${process.arch}.`;
  if (process.getuid?.() !== 0) return 'The lab needs root: it makes namespaces, mounts and network interfaces.';
  return undefined;
}

/** Fails with the reason and the other way where the lab can't run. */
export function requireLab(): void {
  const reason = whyNoLab();
  if (reason !== undefined) throw labError(reason, otherWay);
}

/** What `lab up` needs of Debian, and what building the artifacts needs besides. */
export const debianPackages = {
  hosts: ['debootstrap', 'systemd-container', 'iproute2', 'openssh-client', 'gnupg', 'kmod', 'util-linux'],
  machines: [
    'qemu-system-x86',
    'qemu-utils',
    'ovmf',
    'debootstrap',
    'fdisk',
    'e2fsprogs',
    'dosfstools',
    'mtools',
    'apt-utils',
    'openssh-client',
  ],
  artifacts: ['gcc', 'libc6-dev', 'pkg-config', 'apt-utils', 'gnupg'],
} as const;

/** Install Debian packages that are missing, announced in one line. */
export async function ensureDebianPackages(names: readonly string[], say: (line: string) => void): Promise<void> {
  const { stdout } = await tryRun('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names]);
  const missing = names.filter((name) => !stdout.includes(`${name} installed\n`));
  if (missing.length > 0) {
    say(`installing Debian packages that the lab needs: ${missing.join(' ')}`);
    await updatePackageLists();
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
}

/** `apt-get update`, which also comes before anything is downloaded with apt. */
export async function updatePackageLists(): Promise<void> {
  await run('apt-get', ['update', '-qq']);
}

/** Address of the Debian mirror that this machine's apt is set up with. */
export async function debianMirror(): Promise<string> {
  const ask = () => run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']);
  const pick = (text: string) => text.split('\n').find((line) => line !== '' && !line.includes('security'));
  let found = pick(await ask());
  if (found === undefined) {
    await updatePackageLists();
    found = pick(await ask());
  }
  if (found === undefined) {
    throw labError('apt on this machine knows no Debian mirror', 'Name one in /etc/apt/sources.list.');
  }
  return found;
}

/** Fails where Go is missing or too old to build Kubernetes. */
export async function requireGo(minor: number): Promise<void> {
  const result = await tryRun('go', ['env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } }).catch(() => undefined);
  const found = Number(/^go1\.(\d+)/.exec(result?.stdout ?? '')?.[1]);
  if (!(found >= minor)) {
    throw labError(
      `Building the lab's programs needs Go 1.${minor} or newer; ${result === undefined ? 'there is none on PATH' : `this is ${result.stdout.trim()}`}.`,
      'Install Go and put it on PATH.',
    );
  }
}
