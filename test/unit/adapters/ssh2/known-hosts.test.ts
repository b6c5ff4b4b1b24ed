import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  fingerprint,
  formatKnownHost,
  hostKey,
  judge,
  type KnownHost,
  parseKnownHosts,
  speaksOf,
} from '../../../../src/adapters/ssh2/known-hosts.ts';
import { lockedFile } from '../../../../src/adapters/locked-file.ts';
import { knownHostsIn } from '../../../../src/adapters/ssh2/confirmed-keys.ts';
import type { Connection } from '../../../../src/cluster/connection.ts';

const key = (seed: string): string => {
  const type = Buffer.from('ssh-ed25519');
  const body = Buffer.alloc(32, seed);
  const length = (n: number) => Buffer.from([0, 0, 0, n]);
  return Buffer.concat([length(type.length), type, length(32), body]).toString('base64');
};
const offered = (seed: string) => ({ type: 'ssh-ed25519', key: key(seed) });
const m1 = { name: 'm1', address: '10.0.0.1', port: 22 };
const line = (patterns: string, seed: string, marker = '') => `${marker}${patterns} ssh-ed25519 ${key(seed)}\n`;
const judged = (text: string, seed: string, to = m1) => judge(parseKnownHosts(text), to, offered(seed));

describe('judge', () => {
  test.each([
    ['plain name', line('m1', 'a')],
    ['address', line('10.0.0.1', 'a')],
    ['address with its port', line('[10.0.0.1]:22', 'a')],
    ['list', line('other,m1,more', 'a')],
    ['wildcard', line('m?', 'a')],
    ['case', line('M1', 'a')],
    ['comment and blanks before', `# all hosts\n\n  ${line('m1', 'a')}`],
    ['a second key', line('m1', 'b') + line('m1', 'a')],
  ])('trusts a key known by %s', (_, text) => {
    expect(judged(text, 'a')).toEqual({ kind: 'trusted' });
  });

  test('wants the port in the name where it is not 22', () => {
    const to = { ...m1, port: 2222 };
    expect(judged(line('[10.0.0.1]:2222', 'a'), 'a', to).kind).toBe('trusted');
    expect(judged(line('10.0.0.1', 'a'), 'a', to).kind).toBe('unknown');
    expect(judged(line('[10.0.0.1]:2223', 'a'), 'a', to).kind).toBe('unknown');
  });

  test('says which keys were known of a changed host', () => {
    expect(judged(line('m1', 'a'), 'b')).toEqual({
      kind: 'changed',
      known: [{ type: 'ssh-ed25519', key: key('a'), fingerprint: fingerprint(key('a')) }],
    });
  });

  test('believes the name before the address', () => {
    expect(judged(line('m1', 'a') + line('10.0.0.1', 'b'), 'b').kind).toBe('changed');
  });

  test('takes the same key of another type for another key', () => {
    expect(judged(`m1 ssh-rsa ${key('a')}\n`, 'a').kind).toBe('changed');
  });

  test('a negated pattern excludes its line', () => {
    expect(judged(line('m*,!m1', 'a'), 'a').kind).toBe('unknown');
    expect(judged(line('m*,!m2', 'a'), 'a').kind).toBe('trusted');
  });

  test('a revoked key is refused though it is known', () => {
    expect(judged(line('m1', 'a') + line('*', 'a', '@revoked '), 'a').kind).toBe('revoked');
    expect(judged(line('m1', 'a') + line('*', 'b', '@revoked '), 'a').kind).toBe('trusted');
  });

  test('a certificate authority makes nothing trusted, and is named', () => {
    expect(judged(line('*', 'a', '@cert-authority '), 'a')).toEqual({ kind: 'unknown', onlyAuthorities: true });
    expect(judged('', 'a')).toEqual({ kind: 'unknown', onlyAuthorities: false });
  });

  test('lines with an unknown marker or a broken key count for nothing', () => {
    expect(judged(line('m1', 'a', '@trusted '), 'a').kind).toBe('unknown');
    expect(judged('m1 ssh-ed25519 not*base64\nm1\nm1 ssh-ed25519\n', 'a').kind).toBe('unknown');
  });
});

const name = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/);
const hashed = (value: string, salt: Buffer) =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(value).digest('base64')}`;

describe('fuzz', () => {
  test('what is written is read back', () => {
    const host = fc.record({
      patterns: fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join(',')),
      type: fc.constantFrom('ssh-ed25519', 'ssh-rsa'),
      key: fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64')),
      marker: fc.constantFrom(undefined, 'revoked' as const, 'cert-authority' as const),
    });
    fc.assert(
      fc.property(fc.array(host), (hosts) => {
        const plain = hosts.map(({ marker, ...rest }): KnownHost => (marker ? { marker, ...rest } : rest));
        expect(parseKnownHosts(plain.map(formatKnownHost).join(''))).toEqual(plain);
      }),
    );
  });

  test('a hashed name matches that name only', () => {
    fc.assert(
      fc.property(name, name, fc.uint8Array({ minLength: 20, maxLength: 20 }), (one, other, salt) => {
        const pattern = hashed(one, Buffer.from(salt));
        expect(speaksOf(pattern, one)).toBe(true);
        expect(speaksOf(pattern, other)).toBe(one === other);
      }),
    );
  });

  test('no text makes a key trusted that is not in it', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(name), (noise, names) => {
        const text = `${noise}\n${names.map((n) => line(n, 'a')).join('')}`;
        expect(judged(text, 'b').kind).not.toBe('trusted');
      }),
    );
  });

  test('a blob of any bytes is described without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(hostKey(Buffer.from(bytes)).fingerprint).toMatch(/^SHA256:/);
      }),
    );
  });
});

describe('confirmed keys in a file', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kha-known-hosts-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const to = (more: Partial<Connection>): Connection => ({
    ...m1,
    user: 'root',
    agent: false,
    sudo: {},
    hostKeys: [],
    jump: [],
    ...more,
  });
  const entry = (more: Partial<Connection>, seed: string) => ({
    connection: to(more),
    key: { ...offered(seed), fingerprint: fingerprint(key(seed)) },
  });

  test('fingerprints and hashed lines agree with ssh-keygen', () => {
    const file = join(dir, 'k');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'id')]);
    const [type = '', blob = ''] = readFileSync(join(dir, 'id.pub'), 'utf8').split(' ');
    writeFileSync(file, `m1 ${type} ${blob}\n`);
    expect(execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' })).toContain(fingerprint(blob));
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/);
    expect(judge(parseKnownHosts(readFileSync(file, 'utf8')), m1, { type, key: blob }).kind).toBe('trusted');
  });

  test('is empty before the first entry, replaces a host, keeps others and comments', async () => {
    const path = join(dir, 'known_hosts', 'demo');
    const file = knownHostsIn(lockedFile(path));
    expect(await file.read()).toEqual([]);
    await file.trust([entry({}, 'a'), entry({ name: 'm2', address: '10.0.0.2', port: 2222 }, 'b')]);
    writeFileSync(path, `# mine\n${readFileSync(path, 'utf8')}`);
    await file.trust([entry({}, 'c')]);
    expect(readFileSync(path, 'utf8')).toBe(`# mine\n${line('m2,[10.0.0.2]:2222', 'b')}${line('m1,10.0.0.1', 'c')}`);
  });

  test('two writers lose nothing', async () => {
    const path = join(dir, 'demo');
    const hosts = Array.from({ length: 20 }, (_, i) => ({ name: `w${i}`, address: `10.0.1.${i}` }));
    await Promise.all(hosts.map((host) => knownHostsIn(lockedFile(path)).trust([entry(host, 'a')])));
    const known = await knownHostsIn(lockedFile(path)).read();
    expect(known.map((h) => h.patterns).sort()).toEqual(hosts.map((h) => `${h.name},${h.address}`).sort());
    expect(readdirSync(dir).filter((f) => f.endsWith('.lock'))).toEqual([]);
  });
});
