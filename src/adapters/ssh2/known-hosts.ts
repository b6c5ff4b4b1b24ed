import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Connection } from '../../cluster/connection.ts';
import type { HostKey } from '../../ports/ssh.ts';

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  marker?: 'revoked' | 'cert-authority';
  /** Comma separated patterns, or one hashed name `|1|salt|hash`. */
  patterns: string;
  type: string;
  key: string;
}

/** What a file says about the key that a host offers. */
export type Verdict =
  | { kind: 'trusted' }
  | { kind: 'unknown'; onlyAuthorities: boolean }
  | { kind: 'changed'; known: HostKey[] }
  | { kind: 'revoked' };

/** Fingerprint as `ssh-keygen -l` prints it. */
export function fingerprint(key: string): string {
  const hash = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}

/** The key of a blob as it comes in the key exchange (RFC 4253 §6.6: the blob begins with the type's name). */
export function hostKey(blob: Buffer): HostKey {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  const key = blob.toString('base64');
  return { type: blob.toString('latin1', 4, 4 + length), key, fingerprint: fingerprint(key) };
}

/** Reads a file; lines that can't be understood are left out, as OpenSSH does. */
export function parseKnownHosts(text: string): KnownHost[] {
  const hosts: KnownHost[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === '' || words[0]?.startsWith('#')) continue;
    const marker = words[0]?.startsWith('@') ? words.shift()?.slice(1) : undefined;
    const [patterns, type, key] = words;
    if (!patterns || !type || !key || !/^[A-Za-z0-9+/]+=*$/.test(key)) continue;
    if (marker === undefined) hosts.push({ patterns, type, key });
    else if (marker === 'revoked' || marker === 'cert-authority') hosts.push({ marker, patterns, type, key });
  }
  return hosts;
}

export const formatKnownHost = (host: KnownHost): string =>
  `${host.marker ? `@${host.marker} ` : ''}${host.patterns} ${host.type} ${host.key}\n`;

function globMatches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
}

function hashMatches(hashed: string, name: string): boolean {
  const [, kind, salt, hash] = hashed.split('|');
  if (kind !== '1' || !salt || !hash) return false;
  const want = Buffer.from(hash, 'base64');
  const have = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return want.length === have.length && timingSafeEqual(want, have);
}

/** Does a line speak of this name? A pattern with `!` that matches excludes the whole line. */
export function speaksOf(patterns: string, name: string): boolean {
  if (patterns.startsWith('|')) return hashMatches(patterns, name);
  const lower = name.toLowerCase();
  let matches = false;
  for (const pattern of patterns.toLowerCase().split(',')) {
    if (pattern.startsWith('!')) {
      if (globMatches(pattern.slice(1), lower)) return false;
    } else if (globMatches(pattern, lower)) matches = true;
  }
  return matches;
}

/** `[address]:port`, or the bare address for port 22, as OpenSSH writes it. */
export const addressName = (to: Pick<Connection, 'address' | 'port'>): string =>
  to.port === 22 ? to.address : `[${to.address}]:${to.port}`;

/** Keys that the file knows for a host: those under its name, or else under its address. */
export function knownKeys(hosts: readonly KnownHost[], to: Pick<Connection, 'name' | 'address' | 'port'>): KnownHost[] {
  const usable = hosts.filter((h) => h.marker === undefined);
  const byName = usable.filter((h) => speaksOf(h.patterns, to.name));
  if (byName.length > 0) return byName;
  const names = [addressName(to), `[${to.address}]:${to.port}`];
  return usable.filter((h) => names.some((name) => speaksOf(h.patterns, name)));
}

/** Judges an offered key. Certificates of host authorities are not supported: such lines never make a key trusted. */
export function judge(
  hosts: readonly KnownHost[],
  to: Pick<Connection, 'name' | 'address' | 'port'>,
  offered: Pick<HostKey, 'type' | 'key'>,
): Verdict {
  const names = [to.name, addressName(to), `[${to.address}]:${to.port}`];
  const about = hosts.filter((h) => names.some((name) => speaksOf(h.patterns, name)));
  if (about.some((h) => h.marker === 'revoked' && h.key === offered.key)) return { kind: 'revoked' };
  const known = knownKeys(hosts, to);
  if (known.some((h) => h.key === offered.key && h.type === offered.type)) return { kind: 'trusted' };
  if (known.length === 0) return { kind: 'unknown', onlyAuthorities: about.some((h) => h.marker === 'cert-authority') };
  return {
    kind: 'changed',
    known: known.map(({ type, key }) => ({ type, key, fingerprint: fingerprint(key) })),
  };
}

/** Keys pinned in the cluster file (`ssh-ed25519 AAAA…`) as lines about this host. */
export function pinnedKeys(to: Connection): KnownHost[] {
  return to.hostKeys.flatMap((line) => {
    const [type, key] = line.trim().split(/\s+/);
    return type && key ? [{ patterns: to.name, type, key }] : [];
  });
}
