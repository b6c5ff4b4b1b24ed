import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { labError } from '../error.ts';
import { addressOf, gateway } from '../network.ts';
import { labFolder, places } from '../places.ts';
import { run } from '../run.ts';
import { answers, waitUntil } from '../wait.ts';
import { killAll, removeGroups } from './cgroups.ts';
import { copyVar } from './kept-disk.ts';

/** What a host is started with. */
export interface HostSetup {
  /** Root file system below the host's own changes. */
  base: string;
  /** A directory shown read-only at /srv/mirror of the host. */
  share?: string;
  /** What another host had put on its disk, as `keepDisk` kept it: the host starts with it. */
  layer?: string;
  /** Size of a disk of the host's own. Without it, what is free on the machine is free on the host. */
  diskMiB?: number;
}

/** Make a host's disk and identity (machine id, host key), where it has none yet. */
export async function createHost(name: string, setup: HostSetup): Promise<void> {
  const disk = join(places.hosts, name);
  if (existsSync(disk)) return;
  const temporary = `${disk}.new`;
  rmSync(temporary, { recursive: true, force: true });
  const etc = join(temporary, 'up', 'etc');
  for (const directory of [join(etc, 'ssh'), join(temporary, 'work'), join(temporary, 'root')]) {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
  }
  // a real file system for /var: containerd lays overlays there, and overlay upon overlay can't be
  await copyVar(join(setup.layer ?? setup.base, 'var'), join(temporary, 'var'));
  const address = addressOf(name);
  writeFileSync(join(etc, 'machine-id'), `${randomBytes(16).toString('hex')}\n`);
  writeFileSync(join(etc, 'hostname'), `${name}\n`);
  writeFileSync(join(etc, 'hosts'), `127.0.0.1 localhost\n::1 localhost ip6-localhost\n${address} ${name}\n`);
  writeFileSync(join(etc, 'lab.env'), `LAB_ADDRESS=${address}\nLAB_GATEWAY=${gateway}\n`);
  const key = join(etc, 'ssh', 'ssh_host_ed25519_key');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `root@${name}`, '-f', key]);
  copyFileSync(`${key}.pub`, join(temporary, 'host-key.pub'));
  if (setup.diskMiB !== undefined) await moveToOwnDisk(temporary, setup.diskMiB);
  writeFileSync(join(temporary, 'setup.json'), JSON.stringify(setup));
  renameSync(temporary, disk);
}

/** Puts what the host has on its disk into a file system of its own; the supervisor mounts it. */
async function moveToOwnDisk(directory: string, sizeMiB: number): Promise<void> {
  const content = join(directory, 'disk');
  mkdirSync(content, { mode: 0o755 });
  for (const part of ['up', 'work', 'var']) renameSync(join(directory, part), join(content, part));
  await run('mkfs.ext4', ['-q', '-m', '0', '-d', content, join(directory, 'disk.img'), `${sizeMiB}M`]);
  rmSync(content, { recursive: true, force: true });
  mkdirSync(content, { mode: 0o755 });
}

/** Public host key, as `ssh-ed25519 AAAA…`; undefined where the host does not exist. */
export function hostKeyOf(name: string): string | undefined {
  const file = join(places.hosts, name, 'host-key.pub');
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').slice(0, 2).join(' ') : undefined;
}

/** Process id of the host's supervisor; undefined where the host is off. */
export function supervisorOf(name: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(places.run, `${name}.pid`), 'utf8'));
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // a number alone may be another process's by now
    return command.some((word) => word.endsWith('/supervisor.sh')) && command.includes(name) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Switch a host on, where it is off. Its disk must exist. */
export function startHost(name: string): void {
  if (supervisorOf(name) !== undefined) return;
  const disk = join(places.hosts, name);
  const setup = JSON.parse(readFileSync(join(disk, 'setup.json'), 'utf8')) as HostSetup;
  const log = openSync(join(places.run, `${name}.log`), 'a');
  const supervisor = join(labFolder, 'hosts', 'supervisor.sh');
  // its mounts live in a namespace of its own: they go with it, and the machine never sees them
  const child = spawn('unshare', ['--mount', '--propagation', 'private', supervisor, name], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: {
      PATH: process.env['PATH'],
      RUN: places.run,
      HOST_DIR: disk,
      BASE: setup.layer === undefined ? setup.base : `${join(setup.layer, 'up')}:${setup.base}`,
      SHARE: setup.share ?? '',
      MEMORY: process.env['KHA_LAB_MEMORY'] ?? '',
    },
  });
  closeSync(log);
  writeFileSync(join(places.run, `${name}.pid`), String(child.pid));
  child.unref();
}

/** Wait until ssh of a host that was started answers. */
export async function waitForSsh(name: string, seconds = 60): Promise<void> {
  const address = addressOf(name) ?? '';
  let off = false;
  const up = await waitUntil(async () => {
    if (await answers(address, 22, 'SSH-')) return true;
    off = supervisorOf(name) === undefined;
    return off;
  }, seconds);
  if (!up || off) {
    const log = join(places.run, `${name}.log`);
    throw labError(
      off ? `${name} did not start` : `${name} does not answer on ssh after ${seconds} s`,
      `See ${log}.`,
      existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-10) : [],
    );
  }
}

/** Pull the plug: every process of the host dies at once. Answers when nothing of it is left but its disk. */
export async function cutPower(name: string): Promise<void> {
  rmSync(join(places.run, `${name}.reset`), { force: true });
  const supervisor = supervisorOf(name);
  const gone = await waitUntil(() => {
    killAll(name);
    return supervisorOf(name) === undefined;
  }, 20);
  if (!gone && supervisor !== undefined) process.kill(supervisor, 'SIGKILL');
  if (!gone) await waitUntil(() => supervisorOf(name) === undefined, 5);
  killAll(name);
  removeGroups(name);
}

/** Press the reset button: dies at once, starts again. */
export function pressReset(name: string): void {
  writeFileSync(join(places.run, `${name}.reset`), '');
  killAll(name);
}
