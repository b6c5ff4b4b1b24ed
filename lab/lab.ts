import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labError } from './error.ts';
import { hostBase } from './hosts/base.ts';
import { memoryOf } from './hosts/cgroups.ts';
import {
  createHost,
  cutPower,
  type HostSetup,
  hostKeyOf,
  pressReset,
  startHost,
  supervisorOf,
  waitForSsh,
} from './hosts/host.ts';
import { keepDisk } from './hosts/kept-disk.ts';
import { ensureKeys } from './hosts/keys.ts';
import { withLock } from './lock.ts';
import { debianPackages, ensureDebianPackages, requireLab } from './machine.ts';
import { mirrorBase } from './mirror/mirror-base.ts';
import { buildMirror, createMirror, waitForMirror } from './mirror/mirror.ts';
import { addressOf, hostName, maxHosts, mirrorName, prefix } from './network.ts';
import { buildPieces, removeOutdated } from './pieces/build.ts';
import { directoryOf } from './pieces/stamp.ts';
import { labFolder, places } from './places.ts';
import { type Progress, quietly } from './progress.ts';
import { type RunResult, run, tryRun } from './run.ts';
import { waitUntil } from './wait.ts';

/** A lab host that exists. */
export interface LabHost {
  name: string;
  address: string;
  /** Public host key, as `ssh-ed25519 AAAA…`. */
  hostKey: string;
}

export interface LabUpOptions {
  /** Versions of Kubernetes that the mirror must offer; `false` for no mirror. Default: the newest. */
  mirror?: readonly string[] | false;
  /** The disk that hosts which are made now start with: see `keep`. */
  layer?: string;
  progress?: Progress;
}

/** Path of the private key that users root, ops and pat of every host accept. */
export const privateKeyFile = places.privateKey;

/** Path of the file with the password of user pat (ssh and sudo), mode 0600. */
export const passwordFile = places.password;

/** Bring up hosts h1 to h`n`, and the mirror unless told not to. Hosts that are up stay as they are. */
export async function labUp(n: number, options: LabUpOptions = {}): Promise<LabHost[]> {
  const progress = options.progress ?? quietly;
  requireLab();
  if (!Number.isInteger(n) || n < 0 || n > maxHosts) {
    throw labError(`The lab can have 0 to ${maxHosts} hosts, not ${n}.`, 'Give a number in that range.');
  }
  const names = Array.from({ length: n }, (_, i) => hostName(i + 1));
  await withLock('lab', progress.say, async () => {
    await build(options.mirror, progress);
    mkdirSync(places.hosts, { recursive: true, mode: 0o755 });
    mkdirSync(places.run, { recursive: true, mode: 0o755 });
    await network('up');
    const base = directoryOf(hostBase());
    if (options.mirror !== false) await createMirror();
    await Promise.all(
      names.map((name) => createHost(name, options.layer === undefined ? { base } : { base, layer: options.layer })),
    );
    writeKnownHosts();
    const all = options.mirror === false ? names : [mirrorName, ...names];
    all.forEach(startHost);
    await Promise.all(all.map((name) => waitForSsh(name)));
    if (options.mirror !== false) await waitForMirror();
  });
  return labHosts().filter((host) => names.includes(host.name));
}

/** For whoever would take the lab down: throws while it is up, because its hosts may be somebody's. */
export function demandLabDown(): void {
  if (!labStatus().some((host) => host.on)) return;
  throw labError(
    'The lab is up, and this would take it down.',
    'Down first: npm run lab -- down (or npm run demo -- down).',
  );
}

/** Build what hosts and mirror are made of, where it is missing, without bringing anything up. */
export async function labArtifacts(versions: readonly string[], progress: Progress = quietly): Promise<void> {
  requireLab();
  await withLock('lab', progress.say, () => build(versions, progress));
}

async function build(versions: readonly string[] | false | undefined, progress: Progress): Promise<void> {
  await ensureDebianPackages(debianPackages.hosts, progress.say);
  await ensureKeys();
  await buildPieces([hostBase()], progress);
  if (versions !== false) await buildMirror(versions, progress);
}

/** Switch off all hosts and remove every trace: processes, cgroups, network, disks. What was built is kept. */
export async function labDown(progress: Progress = quietly): Promise<void> {
  requireLab();
  await withLock('lab', progress.say, async () => {
    await Promise.all(existingNames().map(cutPower));
    if (existsSync(places.run)) {
      await network('down');
      removeNspawnTraces();
    }
    rmSync(places.hosts, { recursive: true, force: true });
    rmSync(places.run, { recursive: true, force: true });
    if (existsSync(places.keys)) removeOutdated([hostBase(), mirrorBase()]); // no host uses an old one now
  });
}

/** Also remove the disk that was kept, and the route that keeps packets for the lab's network on this machine while the lab is down. */
export async function labClean(progress: Progress = quietly): Promise<void> {
  await labDown(progress);
  rmSync(places.kept, { recursive: true, force: true });
  await network('clean');
}

/** The hosts that exist, on or off, without the mirror. */
export function labHosts(): LabHost[] {
  return existingNames()
    .filter((name) => name !== mirrorName)
    .map((name) => ({ name, address: addressOf(name) ?? '', hostKey: hostKeyOf(name) ?? '' }));
}

/** What `status` shows of every host, the mirror included. */
export function labStatus(): { name: string; address: string; on: boolean; memoryMiB: number | undefined }[] {
  return existingNames().map((name) => {
    const on = supervisorOf(name) !== undefined;
    const bytes = on ? memoryOf(name) : undefined;
    return {
      name,
      address: addressOf(name) ?? '',
      on,
      memoryMiB: bytes === undefined ? undefined : Math.round(bytes / 2 ** 20),
    };
  });
}

/**
 * Pull the plug of a host (`off`), switch it on again (`on`), or press its reset button (`reset`), without any shutdown. `on` and
 * `reset` answer once ssh does.
 */
export async function power(name: string, action: 'off' | 'on' | 'reset'): Promise<void> {
  requireLab();
  requireHost(name);
  if (action === 'off') return cutPower(name);
  if (action === 'on') startHost(name);
  else if (supervisorOf(name) === undefined) {
    throw labError(`${name} is off`, `Switch it on: npm run lab -- power ${name} on.`);
  } else {
    pressReset(name);
    await waitUntil(() => !existsSync(join(places.run, `${name}.reset`)), 20); // the old boot is over
  }
  await waitForSsh(name);
}

/** What a host that is made anew gets: see HostSetup. */
export type RenewOptions = Pick<HostSetup, 'layer' | 'diskMiB'>;

/** Pull the plug of hosts and put machines in their place that nobody ever logged in to: new disk, machine id and host key. */
export async function renew(
  names: readonly string[],
  optionsOf: (name: string) => RenewOptions = () => ({}),
): Promise<LabHost[]> {
  requireLab();
  names.forEach(requireHost);
  const base = directoryOf(hostBase());
  await Promise.all(
    names.map(async (name) => {
      await cutPower(name);
      rmSync(join(places.hosts, name), { recursive: true, force: true });
      rmSync(join(places.run, `${name}.log`), { force: true });
      await createHost(name, { base, ...optionsOf(name) });
    }),
  );
  writeKnownHosts();
  names.forEach(startHost);
  await Promise.all(names.map((name) => waitForSsh(name)));
  return labHosts().filter((host) => names.includes(host.name));
}

/** Shut a host down and keep its disk for others to start with (`layer`), in the place of one that was kept before. */
export async function keep(name: string, as: string): Promise<string> {
  requireHost(name);
  await sshExec(name, 'systemctl poweroff').catch(() => undefined);
  await waitUntil(() => supervisorOf(name) === undefined, 60);
  await cutPower(name);
  rmSync(places.kept, { recursive: true, force: true });
  return keepDisk(name, as);
}

/** The disk that was kept under this name. */
export function keptDisk(as: string): string | undefined {
  const disk = join(places.kept, as);
  return existsSync(disk) ? disk : undefined;
}

/** How often a host went down since it was made. */
export function boots(name: string): number {
  const log = join(places.run, `${name}.log`);
  return existsSync(log)
    ? readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => /: ended with \d+$/.test(line)).length
    : 0;
}

/** Options for `ssh` to a lab host: its key, and the host keys of the lab only. */
export function sshArguments(name: string, user = 'root'): string[] {
  requireHost(name);
  const options = [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${places.knownHosts}`,
    'ConnectTimeout=20',
    'LogLevel=ERROR',
  ];
  return ['-i', places.privateKey, ...options.flatMap((option) => ['-o', option]), `${user}@${addressOf(name)}`];
}

/** Run a shell command on a host over ssh, as root or another user, whatever its exit code (255: no connection). */
export function sshExec(
  name: string,
  command: string,
  options: { user?: string; input?: string } = {},
): Promise<RunResult> {
  const input = options.input === undefined ? {} : { input: options.input };
  return tryRun('ssh', ['-o', 'BatchMode=yes', ...sshArguments(name, options.user), command], input);
}

function requireHost(name: string): void {
  const names = existingNames();
  if (!names.includes(name)) {
    throw labError(
      `The lab has no host ${name}.`,
      names.length === 0 ? 'Bring it up: npm run lab -- up 5.' : `It has ${names.join(', ')}.`,
    );
  }
}

function existingNames(): string[] {
  if (!existsSync(places.hosts)) return [];
  const number = (name: string) => Number(name.slice(1)) || 0; // the mirror comes first
  return readdirSync(places.hosts)
    .filter((name) => addressOf(name) !== undefined)
    .sort((a, b) => number(a) - number(b));
}

function writeKnownHosts(): void {
  const lines = existingNames().map((name) => `${name},${addressOf(name)} ${hostKeyOf(name)}\n`);
  writeFileSync(places.knownHosts, lines.join(''));
}

async function network(verb: 'up' | 'down' | 'clean'): Promise<void> {
  const script = join(labFolder, 'hosts', 'network.sh');
  await run(script, [verb], { env: { PREFIX: prefix, RUN: places.run } });
}

/** systemd-nspawn keeps lock files; without any systemd-nspawn left they are ours. */
function removeNspawnTraces(): void {
  const running = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'systemd-nspawn';
      } catch {
        return false;
      }
    });
  if (running) return;
  rmSync('/run/systemd/nspawn', { recursive: true, force: true });
  try {
    rmdirSync('/run/systemd');
  } catch {
    // in use by others
  }
}
