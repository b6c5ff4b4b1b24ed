import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Connection } from '../../cluster/connection.ts';
import type { HostKey } from '../../ports/ssh.ts';
import { ioError, isMissing, replaceFile } from '../files.ts';
import { addressName, formatKnownHost, type KnownHost, knownKeys, parseKnownHosts, speaksOf } from './known-hosts.ts';

/** The host keys that a cluster's operator has confirmed. */
export interface KnownHosts {
  /** For messages. */
  path: string;
  read(): Promise<KnownHost[]>;
  /** Makes these keys the known ones of their hosts: older plain entries under the same names go. */
  trust(entries: readonly { connection: Connection; key: HostKey }[]): Promise<void>;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return '';
    throw ioError('read', path, cause);
  }
}

/** Two writers take turns: the one that creates `<path>.lock` goes first; a lock older than 10 s is a dead writer's. */
async function withLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      if (performance.now() > deadline) await rm(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  try {
    return await action();
  } finally {
    await rm(lock, { force: true });
  }
}

/** The known_hosts file at `path`; it need not exist yet. Comments and entries of other hosts are kept. */
export function knownHostsFile(path: string): KnownHosts {
  return {
    path,
    read: async () => parseKnownHosts(await textOf(path)),
    async trust(entries) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await withLock(path, async () => {
        let lines = (await textOf(path)).split('\n').filter((line) => line !== '');
        for (const { connection, key } of entries) {
          const names = [connection.name, addressName(connection)];
          lines = lines.filter((line) => {
            const [host] = parseKnownHosts(line);
            return !host || host.marker !== undefined || !names.some((name) => speaksOf(host.patterns, name));
          });
          lines.push(formatKnownHost({ patterns: names.join(','), type: key.type, key: key.key }).trimEnd());
        }
        await replaceFile(path, `${lines.join('\n')}\n`, join(dirname(path), '.tmp'));
      });
    },
  };
}

/** Types of the keys that are known for a host, for the order of the offer. */
export const knownTypes = (hosts: readonly KnownHost[], to: Connection): string[] =>
  knownKeys(hosts, to).map((h) => h.type);
