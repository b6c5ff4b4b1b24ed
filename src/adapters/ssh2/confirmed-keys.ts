import type { Connection } from '../../cluster/connection.ts';
import type { HostKey } from '../../ports/ssh.ts';
import type { SharedText } from '../../ports/store.ts';
import { addressName, formatKnownHost, type KnownHost, knownKeys, parseKnownHosts, speaksOf } from './known-hosts.ts';

/** The host keys that a cluster's operator has confirmed. */
export interface KnownHosts {
  /** For messages. */
  place: string;
  read(): Promise<KnownHost[]>;
  /** Makes these keys the known ones of their hosts: older plain entries under the same names go. */
  trust(entries: readonly { connection: Connection; key: HostKey }[]): Promise<void>;
}

/** Comments and entries of other hosts are kept. */
export function knownHostsIn(text: SharedText): KnownHosts {
  return {
    place: text.place,
    read: async () => parseKnownHosts(await text.read()),
    trust: (entries) => text.change((old) => withTrusted(old, entries)),
  };
}

function withTrusted(text: string, entries: readonly { connection: Connection; key: HostKey }[]): string {
  let lines = text.split('\n').filter((line) => line !== '');
  for (const { connection, key } of entries) {
    const names = [connection.name, addressName(connection)];
    lines = lines.filter((line) => {
      const [host] = parseKnownHosts(line);
      return !host || host.marker !== undefined || !names.some((name) => speaksOf(host.patterns, name));
    });
    lines.push(formatKnownHost({ patterns: names.join(','), type: key.type, key: key.key }).trimEnd());
  }
  return `${lines.join('\n')}\n`;
}

/** Types of the keys that are known for a host, for the order of the offer. */
export const knownTypes = (hosts: readonly KnownHost[], to: Connection): string[] =>
  knownKeys(hosts, to).map((h) => h.type);
