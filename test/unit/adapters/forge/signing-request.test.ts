import { describe, expect, it } from 'vitest';
import { readSigningRequest } from '../../../../src/adapters/forge/signing-request.ts';
import { ECDSA, hasOpenssl, signingRequest, type Wanted, withBody } from '../../../fakes/signing-request.ts';

// Made by the library that kubelets use, Go's crypto/x509.
const OF_GO = `-----BEGIN CERTIFICATE REQUEST-----
MIIBETCBuAIBADAwMRUwEwYDVQQKEwxzeXN0ZW06bm9kZXMxFzAVBgNVBAMTDnN5
c3RlbTpub2RlOncxMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFV2W1oYzV0ko
pIBbUVqepOelWqQbjkCzOefMXXEP/5YLG3lU2IvHQ5a+PQTCR/XNQkrMo000pEPf
UoEho2DMPqAmMCQGCSqGSIb3DQEJDjEXMBUwEwYDVR0RBAwwCoICdzGHBAoAAAQw
CgYIKoZIzj0EAwIDSAAwRQIgPxsfkKZW/A7c9M3ILfoY6PO4M2mw6cnEk7DHK/wB
FZoCIQCyfQ6kgbLSV2rZV6pbwDnqi/spzKrgb9IYkd8be5IJ9w==
-----END CERTIFICATE REQUEST-----
`;

describe.skipIf(!hasOpenssl)('reading a signing request', () => {
  it('tells whom it is for and of which key', () => {
    expect(readSigningRequest(signingRequest({ names: 'DNS:w1,DNS:worker-1,IP:10.0.0.4,IP:fd00::4' }))).toEqual({
      commonName: 'system:node:w1',
      organizations: ['system:nodes'],
      dnsNames: ['w1', 'worker-1'],
      ipAddresses: ['10.0.0.4', 'fd00::4'],
      others: [],
      key: 'ECDSA P-256',
      isStrong: true,
      isSigned: true,
    });
  });

  it('reads what kubelets write', () => {
    expect(readSigningRequest(OF_GO)).toMatchObject({
      commonName: 'system:node:w1',
      organizations: ['system:nodes'],
      dnsNames: ['w1'],
      ipAddresses: ['10.0.0.4'],
      others: [],
      isSigned: true,
    });
  });

  it.each<[string, readonly string[], boolean]>([
    ['RSA 2048', ['rsa:2048'], true],
    ['RSA 1024', ['rsa:1024'], false],
    ['ECDSA P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], true],
    ['ECDSA P-521', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'], true],
    ['ECDSA secp224r1', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-224'], false],
  ])('knows a key of %s', (key, how, isStrong) => {
    expect(readSigningRequest(signingRequest({ key: how }))).toMatchObject({ key, isStrong, isSigned: true });
  });

  it.each<[string, Wanted]>([
    ['the e-mail address a@example.com', { names: 'DNS:w1,email:a@example.com' }],
    ['the URI spiffe://a/b', { names: 'DNS:w1,URI:spiffe://a/b' }],
    ['a name of kind 4', { names: 'DNS:w1,otherName:1.2.3.4;UTF8:x' }],
    ['the extension 2.5.29.19', { extensions: ['basicConstraints=CA:TRUE'] }],
    ['the extension 2.5.29.37', { extensions: ['extendedKeyUsage=clientAuth'] }],
  ])('tells that it asks for %s', (other, wanted) => {
    const { others } = readSigningRequest(signingRequest(wanted));
    expect(others).toEqual([other.replace('kind 4', 'kind 0')]);
  });

  it('tells that it asks for no name at all', () => {
    expect(readSigningRequest(signingRequest({ names: '' }))).toMatchObject({ dnsNames: [], ipAddresses: [] });
  });

  it.each([ECDSA, ['rsa:2048']])('sees that it was changed after it was signed (%s)', (...key) => {
    const changed = withBody(signingRequest({ key }), (der) => {
      const text = der.toString('latin1').replace('\x87\x04\x0a\x00\x00\x04', '\x87\x04\x0a\x00\x00\x05');
      return Buffer.from(text, 'latin1');
    });
    expect(readSigningRequest(changed)).toMatchObject({ ipAddresses: ['10.0.0.5'], isSigned: false });
  });

  const good = hasOpenssl ? signingRequest() : '';
  it.each<[string, string]>([
    ['no text', ''],
    ['something before it', `x\n${good}`],
    ['another one behind it', `${good}${good}`],
    ['a certificate', good.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')],
    ['bytes behind its end', withBody(good, (der) => Buffer.concat([der, Buffer.from([0])]))],
    ['half of it', withBody(good, (der) => der.subarray(0, der.length / 2))],
    [
      'another length than that of DER',
      withBody(good, (der) => Buffer.concat([Buffer.from([0x30, 0x83, 0x00]), der.subarray(2)])),
    ],
    [
      'two common names',
      hasOpenssl ? signingRequest({ subject: '/O=system:nodes/CN=system:node:w1/CN=kubernetes-admin' }) : '',
    ],
    ['a field of its own', hasOpenssl ? signingRequest({ subject: '/O=system:nodes/OU=x/CN=system:node:w1' }) : ''],
    ['no common name', hasOpenssl ? signingRequest({ subject: '/O=system:nodes' }) : ''],
  ])('refuses what is %s', (_, text) => {
    expect(() => readSigningRequest(text)).toThrow(expect.objectContaining({ code: 'KHA4201' }));
  });
});
