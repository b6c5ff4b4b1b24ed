import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readKubeconfig, writeKubeconfig } from '../../../src/formats/kubeconfig.ts';

const config = {
  server: 'https://10.0.0.1:6443',
  clusterName: 'kubernetes',
  user: 'kubernetes-admin',
  authority: '-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n',
  certificate: 'certificate\n',
  key: `${'key'.repeat(600)}\n`,
};

describe('a kubeconfig', () => {
  it('is written as kubeadm writes it', () => {
    const text = writeKubeconfig(config);
    const b64 = (s: string) => Buffer.from(s).toString('base64');
    expect(text).toBe(`apiVersion: v1
kind: Config
clusters:
  - cluster:
      certificate-authority-data: ${b64(config.authority)}
      server: https://10.0.0.1:6443
    name: kubernetes
contexts:
  - context:
      cluster: kubernetes
      user: kubernetes-admin
    name: kubernetes-admin@kubernetes
current-context: kubernetes-admin@kubernetes
users:
  - name: kubernetes-admin
    user:
      client-certificate-data: ${b64(config.certificate)}
      client-key-data: ${b64(config.key)}
`);
  });

  it('is read back as it was, whatever the values', () => {
    const value = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(
        fc.record({ server: value, clusterName: value, user: value, authority: value, certificate: value, key: value }),
        (any) => {
          expect(readKubeconfig(writeKubeconfig(any))).toEqual(any);
        },
      ),
    );
  });

  it('is nothing where it is broken, or has no certificate inside', () => {
    const whole = parse(writeKubeconfig(config)) as Record<string, unknown>;
    for (const text of [
      '',
      'a: [',
      '[]',
      'null',
      JSON.stringify({ ...whole, 'current-context': 'other' }),
      JSON.stringify({ ...whole, users: [] }),
    ])
      expect(readKubeconfig(text)).toBeUndefined();
    expect(readKubeconfig(JSON.stringify(whole))).toEqual(config);
  });
});
