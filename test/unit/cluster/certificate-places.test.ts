import { describe, expect, it } from 'vitest';
import { certificatePlaces } from '../../../src/cluster/certificate-places.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const text = `
name: demo
kubernetes: { version: 1.37.2 }
hosts: { m1: 10.0.0.1, m2: 10.0.0.2, e1: 10.0.0.3, w1: 10.0.0.4, w2: 10.0.0.5 }
masters: [m1, m2]
etcd: { hosts: [e1] }
workers: [w1, w2]
runtime: { registries: { docker.io: { endpoints: ['https://mirror.example.com'], caFile: /etc/ssl/site.pem } } }
`;

describe('places of certificates', () => {
  const lines = async (name: string, more = ''): Promise<string[]> => {
    const cluster = await clusterFrom(text + more);
    return certificatePlaces(cluster, hostNamed(cluster, name)).map(({ id, file, port }) =>
      [id, ...(file ? [file.in ? `${file.path} (${file.in})` : file.path] : []), ...(port ? [port] : [])].join(' '),
    );
  };
  const mirror = 'registry docker.io /etc/ssl/site.pem';
  const kubelet = [
    'kubelet-client /var/lib/kubelet/pki/kubelet-client-current.pem',
    'kubelet.conf /etc/kubernetes/kubelet.conf (trust)',
  ];

  it('are all that a master has, and what it serves', async () => {
    expect(await lines('m1')).toEqual([
      'ca /etc/kubernetes/pki/ca.crt',
      'front-proxy-ca /etc/kubernetes/pki/front-proxy-ca.crt',
      'apiserver /etc/kubernetes/pki/apiserver.crt 10.0.0.1:6443',
      'apiserver-kubelet-client /etc/kubernetes/pki/apiserver-kubelet-client.crt',
      'front-proxy-client /etc/kubernetes/pki/front-proxy-client.crt',
      'apiserver-etcd-client /etc/kubernetes/pki/apiserver-etcd-client.crt',
      'etcd/ca /etc/kubernetes/pki/etcd/ca.crt',
      'kubelet /var/lib/kubelet/pki/kubelet.crt 10.0.0.1:10250',
      ...['admin.conf', 'super-admin.conf', 'controller-manager.conf', 'scheduler.conf'].flatMap((name) => [
        `${name} /etc/kubernetes/${name} (client)`,
        `${name} /etc/kubernetes/${name} (trust)`,
      ]),
      ...kubelet,
      'controller-manager 127.0.0.1:10257',
      'scheduler 127.0.0.1:10259',
      mirror,
    ]);
  });

  it('are those of etcd on its hosts, and of a kubelet on workers', async () => {
    expect(await lines('e1')).toEqual([
      'etcd/ca /etc/kubernetes/pki/etcd/ca.crt',
      'etcd/server /etc/kubernetes/pki/etcd/server.crt 10.0.0.3:2379',
      'etcd/peer /etc/kubernetes/pki/etcd/peer.crt 10.0.0.3:2380',
      'etcd/healthcheck-client /etc/kubernetes/pki/etcd/healthcheck-client.crt',
      mirror,
    ]);
    expect(await lines('w1')).toEqual([
      'kubelet /var/lib/kubelet/pki/kubelet.crt 10.0.0.4:10250',
      'ca /etc/kubernetes/pki/ca.crt',
      ...kubelet,
      mirror,
    ]);
  });

  it('are where kubelet and the servers were told to have them', async () => {
    const asks = text.replace(
      '1.37.2 }',
      '1.37.2, kubeletConfiguration: { serverTLSBootstrap: true }, extraArgs: { scheduler: { bind-address: 10.0.0.1 }, controllerManager: { bind-address: 0.0.0.0, secure-port: "11257" } } }',
    );
    const cluster = await clusterFrom(asks);
    const all = certificatePlaces(cluster, hostNamed(cluster, 'm1')).map(
      ({ file, port }) => `${file?.before ?? file?.path} ${port}`,
    );
    expect(all).toContain('/var/lib/kubelet/pki/kubelet-server-current.pem 10.0.0.1:10250');
    expect(all).toContain('undefined 127.0.0.1:11257');
    expect(all).toContain('undefined 10.0.0.1:10259');
  });

  it.each([
    ['/etc/own.crt', '/etc/own.crt'],
    ['""', '/var/lib/kubelet/pki/kubelet-server-current.pem'],
  ])('are of kubelet where it was told to read %s', async (told, path) => {
    const configuration = `{ serverTLSBootstrap: true, tlsCertFile: ${told} }`;
    const cluster = await clusterFrom(text.replace('1.37.2 }', `1.37.2, kubeletConfiguration: ${configuration} }`));
    const kubelet = certificatePlaces(cluster, hostNamed(cluster, 'w1')).find(({ id }) => id === 'kubelet');
    expect(kubelet?.file?.path).toBe(path);
  });
});
