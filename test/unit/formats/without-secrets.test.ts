import { describe, expect, it } from 'vitest';
import { withoutSecrets } from '../../../src/formats/without-secrets.ts';

describe('withoutSecrets', () => {
  it.each([
    ['kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \\', 'kubeadm join 10.0.0.1:6443 --token (secret) \\'],
    ['using token: "abcdef.0123456789abcdef"', 'using token: (secret)'],
    ['[discovery] abcdef.0123456789abcdef is not valid', '[discovery] (secret) is not valid'],
    ['Authorization: Bearer abc.def-ghi_jkl', 'Authorization: Bearer (secret)'],
    ['got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl back', 'got (secret) back'],
    ['--certificate-key 0123456789abcdef', '--certificate-key (secret)'],
    ['pulling https://ann:hunter2@registry/v2', 'pulling https://ann:(secret)@registry/v2'],
    ['{"password":"hunter2","user":"ann"}', '{"password":(secret),"user":"ann"}'],
  ])('takes out of %s', (line, without) => {
    expect(withoutSecrets([line])).toEqual([without]);
  });

  it('takes a private key out, however many lines it has', () => {
    const lines = [
      'before',
      '-----BEGIN RSA PRIVATE KEY-----',
      'MIIE',
      'AAAA',
      '-----END RSA PRIVATE KEY-----',
      'after',
    ];
    expect(withoutSecrets(lines)).toEqual(['before', '(secret)', 'after']);
  });

  it.each([
    'E1123 17:00:00.000000  1234 run.go:72] "command failed" err="failed to parse kubelet flag: unknown flag: --x"',
    'etcdmain: open /etc/kubernetes/pki/etcd/server.crt: no such file or directory',
    'image registry.k8s.io/kube-apiserver:v1.36.0 in 10.244.0.0/16 on w1.example.com:6443',
    'sha256:0123456789abcdef0123456789abcdef of abcdef.example.com',
  ])('leaves %s as it is', (line) => {
    expect(withoutSecrets([line])).toEqual([line]);
  });
});
