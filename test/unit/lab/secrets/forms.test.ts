import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createScanner } from '../../../lab/secrets/scan-text.ts';
import { type Secret, textSecret } from '../../../lab/secrets/secret.ts';
import { secretsIn } from '../../../lab/secrets/secrets-in.ts';
import { tokensIn } from '../../../lab/secrets/tokens.ts';

const noise = (bytes: number): Buffer => Buffer.from(randomBytes(bytes).toString('latin1'), 'latin1');
const inNoise = (text: string | Buffer): Buffer => Buffer.concat([noise(1000), Buffer.from(text), noise(1000)]);
const finds = (secrets: Secret[], text: string | Buffer): boolean =>
  createScanner(secrets)
    .scan('a place', inNoise(text))
    .some((finding) => finding.what === 'the secret');

const pkcs8 = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const lines76 = (text: string): string => text.replaceAll(/.{76}/g, '$&\r\n');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const kubeconfig = (pem: string): string => `users:\n- name: admin\n  user:\n    client-key-data: ${base64(pem)}\n`;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const ed = generateKeyPairSync('ed25519').privateKey;

describe.each([
  ['RSA', rsa],
  ['EC', ec],
  ['ed25519', ed],
])('a private key, %s', (kind, key) => {
  const pem = pkcs8(key);
  const secrets = secretsIn('the secret', pem);

  const written: [string, string | Buffer][] = [
    ['PEM', pem],
    ['PEM in a JSON string', JSON.stringify({ key: pem })],
    ['PEM in a JSON string in a JSON string', JSON.stringify(JSON.stringify({ key: pem }))],
    ['PEM, indented', pem.replaceAll('\n', '\n    ')],
    ['DER', key.export({ type: 'pkcs8', format: 'der' })],
    ['DER in base64 without line ends', key.export({ type: 'pkcs8', format: 'der' }).toString('base64')],
    ['DER in hex', key.export({ type: 'pkcs8', format: 'der' }).toString('hex')],
    ['base64 of PEM', base64(pem)],
    ['a kubeconfig', kubeconfig(pem)],
    ['JWK', JSON.stringify(key.export({ format: 'jwk' }))],
  ];
  if (kind === 'EC') written.push(['SEC1', ec.export({ type: 'sec1', format: 'pem' })]);
  if (kind === 'RSA') {
    written.push(['PKCS1', rsa.export({ type: 'pkcs1', format: 'pem' })]);
    written.push(['base64 of PEM in lines', lines76(base64(pem))]);
    written.push(['some lines out of its middle', pem.split('\n').slice(14, 17).join('\n')]);
  }

  it.each(written)('is found in %s', (_, text) => expect(finds(secrets, text)).toBe(true));

  it('is read out of a kubeconfig', () => expect(finds(secretsIn('the secret', kubeconfig(pem)), pem)).toBe(true));

  it('is not its public key, nor another key', () => {
    const shown = createPublicKey(key);
    expect(finds(secrets, shown.export({ type: 'spki', format: 'pem' }).toString())).toBe(false);
    expect(finds(secrets, shown.export({ type: 'spki', format: 'der' }))).toBe(false);
    expect(finds(secrets, pkcs8(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey))).toBe(false);
  });
});

describe('other secrets', () => {
  it('finds a key of OpenSSH, and not its public half', () => {
    const directory = mkdtempSync(join(tmpdir(), 'kha-key-'));
    const path = join(directory, 'id');
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'someone', '-f', path]);
      const text = readFileSync(path, 'utf8');
      const secrets = secretsIn('the secret', text);
      expect(secrets).toHaveLength(1);
      expect(finds(secrets, text)).toBe(true);
      expect(finds(secrets, base64(text))).toBe(true);
      expect(finds(secrets, readFileSync(`${path}.pub`, 'utf8'))).toBe(false);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  const password = `it's "quite" long\\ü`;
  it.each([
    ['as it is', password],
    ['JSON', JSON.stringify({ password })],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ password }))],
    ['base64', base64(`user:${password}`)],
    ['shell', `'${password.replaceAll("'", String.raw`'\''`)}'`],
    ['URL', encodeURIComponent(password)],
    ['hex', Buffer.from(password).toString('hex')],
  ])('finds a password: %s', (_, text) => expect(finds([textSecret('the secret', password)], text)).toBe(true));

  it('finds a bootstrap token whole and its second half, not its first, which is a public name', () => {
    const secrets = tokensIn('the secret', 'token: abcdef.0123456789abcdef\n').map((s) => ({
      ...s,
      name: 'the secret',
    }));
    expect(finds(secrets, 'kubeadm join --token abcdef.0123456789abcdef')).toBe(true);
    expect(finds(secrets, base64('{"token-secret":"0123456789abcdef"}'))).toBe(true);
    expect(finds(secrets, 'bootstrap-token-abcdef')).toBe(false);
  });

  it('finds a key of an EncryptionConfiguration, and the token of a service account by its signature', () => {
    const key = randomBytes(32).toString('base64');
    const encryption = secretsIn('the secret', `keys:\n- name: key1\n  secret: ${key}\n`);
    expect(finds(encryption, JSON.stringify({ secret: key }))).toBe(true);
    expect(finds(encryption, Buffer.from(key, 'base64'))).toBe(true);
    const token = ['{"alg":"RS256"}', '{"sub":"system:serviceaccount:kube-system:x"}', noise(200)]
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    const web = secretsIn('the secret', token);
    expect(finds(web, `Authorization: Bearer ${token}`)).toBe(true);
    expect(finds(web, token.split('.')[0] ?? '')).toBe(false);
  });

  it('refuses a password that would be found by chance', () => {
    expect(() => createScanner([textSecret('a password', 'geheim')])).toThrow('too short');
  });
});

describe('patterns', () => {
  const scanner = createScanner([textSecret('unused', 'a-secret-that-is-nowhere')]);
  const other = pkcs8(rsa);
  it.each([
    ['a private key', other],
    ['a private key in base64', base64(`x${other}`)],
    ['a private key in base64', base64(`xy${other}`)],
    ['a private key in base64', base64(`xyz${other}`)],
    ['a key of a kubeconfig', kubeconfig(other)],
    ['a key of a kubeconfig in base64', base64(kubeconfig(other))],
    ['a key of a kubeconfig in base64', base64(`x${kubeconfig(other)}`)],
    ['a key of a kubeconfig', JSON.stringify(JSON.stringify({ 'client-key-data': base64(other) }))],
    ['a bootstrap token', 'kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \\'],
    ['a JSON web token', `Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.${randomBytes(64).toString('base64url')}`],
  ])('tell %s of anybody', (what, text) => {
    const findings = scanner.scan('a place', Buffer.from(`some text ${text} more`));
    expect(findings.map((f) => f.what)).toContain(what);
  });

  it('find nothing in what merely looks alike', () => {
    const text = `-----BEGIN PUBLIC KEY----- v1.2.3 registry.k8s.io/pause:3.10 mirror.0123456789abcdef01 client-certificate-data: ${base64('-----BEGIN CERTIFICATE-----')}`;
    expect(scanner.scan('a place', Buffer.from(text))).toEqual([]);
  });

  it('tell nothing of the secret itself', () => {
    const secret = 'Corect-Horse_battery!staple';
    const [finding] = createScanner([textSecret('the password', secret)]).scan(
      'p',
      Buffer.from(`x --password ${secret} y`),
    );
    expect(finding?.detail).toContain('--password •••');
    expect(JSON.stringify(finding)).not.toContain(secret.slice(0, 12));
  });
});
