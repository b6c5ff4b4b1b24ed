import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '../../../../src/adapters/forge/certificate-authority.ts';
import type { KeyPair } from '../../../../src/cluster/certificate.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const DAY = 86_400_000;
const authority = createCertificateAuthority({ now: () => NOW, sleep: async () => undefined });
const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let root: KeyPair;
let leaf: KeyPair;
let dir: string;
beforeAll(async () => {
  root = await authority.createRoot({ commonName: 'kubernetes', days: 36_500 });
  leaf = await authority.issue(root, {
    commonName: 'kube-apiserver',
    organizations: ['kubeadm:cluster-admins', 'zweite Straße'],
    dnsNames: ['localhost', 'kubernetes.default.svc', '*.example.com'],
    ipAddresses: ['10.96.0.1', '::1', 'fd00:0:0::12'],
    usages: ['server', 'client'],
    days: 3650,
  });
  dir = mkdtempSync(join(tmpdir(), 'kha-pki-'));
  writeFileSync(join(dir, 'root.crt'), root.certificate);
  writeFileSync(join(dir, 'leaf.crt'), leaf.certificate);
  writeFileSync(join(dir, 'leaf.key'), leaf.key);
});
afterAll(() => rmSync(dir, { recursive: true }));

const openssl = (...args: string[]): string => execFileSync('openssl', args, { cwd: dir, encoding: 'utf8' });

const fingerprintOf = (file: string): string =>
  openssl('x509', '-in', file, '-noout', '-fingerprint', '-sha256')
    .replace(/^.*=/, '')
    .replaceAll(':', '')
    .trim()
    .toLowerCase();

describe('the certificate authority', () => {
  it('tells who signed a certificate, by the signature and not by the name', async () => {
    const other = await authority.createRoot({ commonName: 'kubernetes', days: 1 });
    expect(authority.isSignedBy(root.certificate, leaf.certificate)).toBe(true);
    expect(authority.isSignedBy(other.certificate, leaf.certificate)).toBe(false);
    expect(authority.isSignedBy(root.certificate, 'nothing')).toBe(false);
  });

  it('makes roots that say what they are', () => {
    expect(authority.inspect(root.certificate)).toEqual({
      commonName: 'kubernetes',
      organizations: [],
      issuer: 'kubernetes',
      fingerprint: fingerprintOf('root.crt'),
      dnsNames: [],
      ipAddresses: [],
      usages: [],
      notBefore: NOW - 300_000,
      notAfter: NOW + 36_500 * DAY,
      isCa: true,
    });
    expect(authority.verify(root.certificate, root)).toBe(true);
  });

  it('issues certificates that say what was asked for', () => {
    expect(authority.inspect(leaf.certificate)).toEqual({
      commonName: 'kube-apiserver',
      organizations: ['kubeadm:cluster-admins', 'zweite Straße'],
      issuer: 'kubernetes',
      fingerprint: fingerprintOf('leaf.crt'),
      dnsNames: ['localhost', 'kubernetes.default.svc', '*.example.com'],
      ipAddresses: ['10.96.0.1', '::1', 'fd00::12'],
      usages: ['server', 'client'],
      notBefore: NOW - 300_000,
      notAfter: NOW + 3650 * DAY,
      isCa: false,
    });
    expect(leaf.key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    expect(createPrivateKey(leaf.key).asymmetricKeyDetails?.modulusLength).toBe(2048);
    const x509 = new X509Certificate(leaf.certificate);
    expect(x509.checkHost('localhost')).toBe('localhost');
    expect(x509.checkHost('any.example.com')).toBe('*.example.com');
    expect(x509.checkHost('example.org')).toBeUndefined();
    expect(x509.checkIP('fd00::12')).toBe('fd00::12');
    expect(x509.checkIP('10.96.0.2')).toBeUndefined();
    expect(x509.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it('gives each certificate a serial number and a key of its own', async () => {
    const other = await authority.issue(root, { commonName: 'a', usages: ['client'], days: 1 });
    expect(new X509Certificate(other.certificate).serialNumber).not.toBe(
      new X509Certificate(leaf.certificate).serialNumber,
    );
    expect(authority.publicKeyPin(other.certificate)).not.toBe(authority.publicKeyPin(leaf.certificate));
  });

  it('never lets a certificate outlive its root', async () => {
    const short = await authority.createRoot({ commonName: 'short', days: 10 });
    const long = await authority.issue(short, { commonName: 'a', usages: ['client'], days: 100 });
    expect(authority.inspect(long.certificate).notAfter).toBe(NOW + 10 * DAY);
  });

  it('rejects another root of the same name, another key, and a changed certificate', async () => {
    const twin = await authority.createRoot({ commonName: 'kubernetes', days: 10 });
    const { key } = await authority.createKey();
    expect(authority.verify(root.certificate, leaf)).toBe(true);
    expect(authority.verify(twin.certificate, leaf)).toBe(false);
    expect(authority.verify(root.certificate, { ...leaf, key })).toBe(false);
    expect(authority.verify(root.certificate, { ...leaf, certificate: 'nonsense' })).toBe(false);
    const der = Buffer.from(leaf.certificate.replaceAll(/-----[A-Z ]+-----/g, ''), 'base64');
    const at = der.indexOf('localhost');
    der.write('localhosT', at);
    const changed = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
    expect(authority.inspect(changed).dnsNames[0]).toBe('localhosT');
    expect(authority.verify(root.certificate, { ...leaf, certificate: changed })).toBe(false);
  });

  it('names what it can not read or write', async () => {
    expect(() => authority.inspect('nonsense')).toThrow(expect.objectContaining({ code: 'KHA4201' }));
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(
      authority.verify(root.certificate, {
        ...leaf,
        key: ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }),
    ).toBe(false);
    for (const request of [{ dnsNames: ['größe.example'] }, { ipAddresses: ['10.0.0.0/8'] }])
      await expect(
        authority.issue(root, { commonName: 'a', usages: ['server'], days: 1, ...request }),
      ).rejects.toMatchObject({ code: 'KHA4202' });
  });

  it('puts any names into a certificate and reads the same back', async () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    const names = fc.uniqueArray(name, { maxLength: 6 });
    const addresses = fc.uniqueArray(
      fc.oneof(fc.ipV4(), fc.ipV6()).map((ip) => ipaddr.parse(ip).toString()),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(names, addresses, async (dnsNames, ipAddresses) => {
        const pair = await authority.issue(root, {
          commonName: 'x',
          dnsNames,
          ipAddresses,
          usages: ['server'],
          days: 1,
        });
        expect(authority.inspect(pair.certificate)).toMatchObject({ dnsNames, ipAddresses });
        const x509 = new X509Certificate(pair.certificate);
        for (const dns of dnsNames) expect(x509.checkHost(dns)).toBe(dns);
        for (const ip of ipAddresses) expect(x509.checkIP(ip)).toBe(ip);
        expect(authority.verify(root.certificate, pair)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it.skipIf(!hasOpenssl)('agrees with openssl', () => {
    expect(openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'root.crt', 'leaf.crt')).toBe(
      'leaf.crt: OK\n',
    );
    const pin = execFileSync(
      'sh',
      ['-c', 'openssl x509 -in root.crt -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -r'],
      { cwd: dir, encoding: 'utf8' },
    );
    expect(authority.publicKeyPin(root.certificate)).toBe(`sha256:${pin.slice(0, 64)}`);
    const text = openssl('x509', '-in', 'leaf.crt', '-noout', '-text');
    expect(text).toContain('Signature Algorithm: sha256WithRSAEncryption');
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment\n/);
    const ca = openssl('x509', '-in', 'root.crt', '-noout', '-text');
    expect(ca).toMatch(/Basic Constraints: critical\s+CA:TRUE/);
    expect(ca).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment, Certificate Sign, CRL Sign\n/);
    const id = (of: string, kind: string) => new RegExp(`${kind} Key Identifier: \\s+([0-9A-F:]+)`).exec(of)?.[1];
    expect(id(text, 'Authority')).toBe(id(ca, 'Subject'));
    expect(id(text, 'Subject')).not.toBe(id(ca, 'Subject'));
  });

  it.skipIf(!hasOpenssl)('issues with a root that was made elsewhere', async () => {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        'own.key',
        '-out',
        'own.crt',
        '-days',
        '30',
        '-utf8',
        '-subj',
        '/C=DE/O=Site & Söhne/CN=Own Root',
      ],
      { cwd: dir, stdio: 'ignore' },
    );
    const own = {
      certificate: readFileSync(join(dir, 'own.crt'), 'utf8'),
      key: readFileSync(join(dir, 'own.key'), 'utf8'),
    };
    const clock = createCertificateAuthority({ now: () => Date.now(), sleep: async () => undefined });
    const pair = await clock.issue(own, { commonName: 'a', dnsNames: ['a'], usages: ['server'], days: 7 });
    writeFileSync(join(dir, 'under-own.crt'), pair.certificate);
    expect(clock.verify(own.certificate, pair)).toBe(true);
    expect(openssl('verify', '-CAfile', 'own.crt', 'under-own.crt')).toBe('under-own.crt: OK\n');
  });
});
