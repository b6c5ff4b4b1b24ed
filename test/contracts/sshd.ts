import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Connection } from '../../src/cluster/connection.ts';
import { freePort } from './free-port.ts';

/** A real sshd of the test's own on 127.0.0.1. */
export interface Sshd {
  port: number;
  /** Line of its host key: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** Ends the sshd that handles the established connections, as a cut network would; the listener lives on. */
  cutConnections(): void;
  connections(): number[];
  /** Ends listener and connections, then starts anew on the same port with the same host key. */
  restart(): Promise<void>;
  /** A new host key, as after a new installation. */
  rekey(): Promise<void>;
  stop(): Promise<void>;
}

/** Why the tests can't run here, or undefined. */
export function sshdMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'these tests start sshd and remote jobs as root: run them as root';
  for (const program of ['/usr/sbin/sshd', '/usr/bin/ssh-keygen', '/usr/bin/ssh-agent', '/usr/bin/flock'])
    if (!existsSync(program)) return `${program} is missing: apt-get install openssh-server openssh-client util-linux`;
  return undefined;
}

export function makeKey(path: string, passphrase = ''): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'kha-test', '-f', path]);
  return readFileSync(`${path}.pub`, 'utf8').trim();
}

const exists = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });

export async function until(what: string, done: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Starts an sshd whose files are in `dir`. `authorizedKeys` may log in as root; `more` are lines of sshd_config. */
export async function startSshd(dir: string, authorizedKeys: string[], more: string[] = []): Promise<Sshd> {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const port = await freePort();
  const hostKeyFile = join(dir, 'host_key');
  const keys = join(dir, 'authorized_keys');
  writeFileSync(keys, `${authorizedKeys.join('\n')}\n`, { mode: 0o600 });
  writeFileSync(
    join(dir, 'sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKeyFile}`,
      `AuthorizedKeysFile ${keys}`,
      `PidFile ${join(dir, 'pid')}`,
      'PermitRootLogin prohibit-password',
      'StrictModes no',
      'UsePAM no',
      'UseDNS no',
      'MaxStartups 100',
      // bash reads .bashrc for sshd at level 0 only; what the developer's takes is not the subject.
      'SetEnv SHLVL=1',
      ...more,
      '',
    ].join('\n'),
  );
  let child: ChildProcess | undefined;
  const start = async () => {
    const started = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(dir, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    let log = '';
    started.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
    });
    await until('sshd listens', () => {
      if (started.exitCode !== null) throw new Error(`sshd ended: ${log}`);
      return exists(port);
    });
  };
  const connections = () => (child?.pid === undefined ? [] : childrenOf(child.pid));
  const kill = (pid: number) => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  const cutConnections = () => {
    // The unprivileged child holds the socket too: both must go.
    for (const pid of connections()) for (const p of [pid, ...childrenOf(pid).filter(isSshd)]) kill(p);
  };
  const stop = async () => {
    const ending = child;
    if (!ending || ending.exitCode !== null) return;
    cutConnections();
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGTERM');
    await ended;
  };
  makeKey(hostKeyFile);
  await start();
  return {
    port,
    get hostKey() {
      return readFileSync(`${hostKeyFile}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
    },
    connections,
    cutConnections,
    async restart() {
      await stop();
      await start();
    },
    async rekey() {
      await stop();
      execFileSync('rm', ['-f', hostKeyFile, `${hostKeyFile}.pub`]);
      makeKey(hostKeyFile);
      await start();
    },
    stop,
  };
}

const isSshd = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sshd';
  } catch {
    return false;
  }
};

export const connectionTo = (sshd: Sshd, keyFile: string, more: Partial<Connection> = {}): Connection => ({
  name: 'm1',
  address: '127.0.0.1',
  port: sshd.port,
  user: 'root',
  keyFile,
  agent: false,
  sudo: {},
  hostKeys: [sshd.hostKey],
  jump: [],
  ...more,
});
