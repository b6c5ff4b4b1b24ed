import { describe, expect, it } from 'vitest';
import {
  authorities,
  type CertificateSpec,
  certificatesOf,
  type KubeconfigSpec,
  type LeafSpec,
  rootRequest,
  rootSecret,
} from '../../../src/cluster/certificates.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';

interface Layout {
  masters: string[];
  workers?: string[];
  etcd: string[];
  version?: string;
  byAddress?: boolean;
  lb?: string;
  sans?: string[];
  serviceSubnet?: string;
}

/** The parts of a declaration that certificates are made of. Host `x7` has the address 10.0.0.7. */
function clusterOf(layout: Layout): Cluster {
  const names = [...new Set([...layout.masters, ...(layout.workers ?? []), ...layout.etcd])];
  const part: Partial<Cluster> = {
    name: 'demo',
    hosts: names.map((name) => {
      const address = `10.0.0.${name.slice(1)}`;
      return { name, address, nodeName: layout.byAddress ? address : name, connection: {} as never };
    }),
    roles: { masters: layout.masters, workers: layout.workers ?? [], etcd: layout.etcd, lb: [] },
    kubernetes: {
      version: layout.version ?? '1.37.2',
      dnsDomain: 'cluster.local',
      serviceSubnet: layout.serviceSubnet ?? '10.96.0.0/12',
    } as Cluster['kubernetes'],
    loadBalancer: {
      mode: 'nginx',
      port: 8443,
      ...(layout.lb ? { address: layout.lb } : {}),
    } as Cluster['loadBalancer'],
    pki: {
      caDays: 36_500,
      leafDays: 3650,
      etcdCaDays: 36_000,
      etcdLeafDays: 3000,
      keySize: 2048,
      sans: layout.sans ?? [],
    },
  };
  return part as Cluster;
}

const of = (cluster: Cluster, host: string): CertificateSpec[] => certificatesOf(cluster, hostNamed(cluster, host));

/** Every file as `mode path`, sorted. */
function filesOf(cluster: Cluster, host: string): string[] {
  return of(cluster, host)
    .flatMap((spec) => {
      if (spec.kind === 'kubeconfig') return [spec.file];
      if (spec.kind === 'service-account') return [spec.key, spec.publicKey];
      return spec.key ? [spec.certificate, spec.key] : [spec.certificate];
    })
    .map(({ path, mode }) => `${mode.toString(8)} ${path.replace('/etc/kubernetes', '…')}`)
    .sort();
}

const MASTER = [
  '600 …/admin.conf',
  '600 …/controller-manager.conf',
  '600 …/pki/apiserver-etcd-client.key',
  '600 …/pki/apiserver-kubelet-client.key',
  '600 …/pki/apiserver.key',
  '600 …/pki/ca.key',
  '600 …/pki/front-proxy-ca.key',
  '600 …/pki/front-proxy-client.key',
  '600 …/pki/sa.key',
  '600 …/scheduler.conf',
  '600 /var/lib/kubelet/pki/kubelet.key',
  '644 …/pki/apiserver-etcd-client.crt',
  '644 …/pki/apiserver-kubelet-client.crt',
  '644 …/pki/apiserver.crt',
  '644 …/pki/ca.crt',
  '644 …/pki/etcd/ca.crt',
  '644 …/pki/front-proxy-ca.crt',
  '644 …/pki/front-proxy-client.crt',
  '644 …/pki/sa.pub',
  '644 /var/lib/kubelet/pki/kubelet.crt',
];
const SUPER = '600 …/super-admin.conf';
const WORKER = ['600 /var/lib/kubelet/pki/kubelet.key', '644 /var/lib/kubelet/pki/kubelet.crt'];
const ETCD = [
  '600 …/pki/etcd/healthcheck-client.key',
  '600 …/pki/etcd/peer.key',
  '600 …/pki/etcd/server.key',
  '644 …/pki/etcd/ca.crt',
  '644 …/pki/etcd/healthcheck-client.crt',
  '644 …/pki/etcd/peer.crt',
  '644 …/pki/etcd/server.crt',
];
const union = (...lists: string[][]): string[] => [...new Set(lists.flat())].sort();

describe('the certificates of a host', () => {
  const allInOne = { masters: ['m1'], workers: ['m1'], etcd: ['m1'] };
  const separate = { masters: ['m1'], workers: ['w3'], etcd: ['e5', 'e6', 'e7'] };
  const multi = { masters: ['m1', 'm2', 'm3'], workers: ['w4'], etcd: ['m1', 'm2', 'm3'] };

  it.each([
    ['all in one', allInOne, 'm1', union(MASTER, ETCD, [SUPER])],
    ['all in one before 1.29', { ...allInOne, version: '1.28.15' }, 'm1', union(MASTER, ETCD)],
    ['separate etcd: master', separate, 'm1', union(MASTER, [SUPER])],
    ['separate etcd: worker', separate, 'w3', WORKER],
    ['separate etcd: etcd', separate, 'e6', ETCD],
    ['etcd on a worker', { ...separate, etcd: ['w3'] }, 'w3', union(WORKER, ETCD)],
    ['multi master: first', multi, 'm1', union(MASTER, ETCD, [SUPER])],
    ['multi master: second', multi, 'm2', union(MASTER, ETCD)],
    ['multi master: worker', multi, 'w4', WORKER],
  ])('%s', (_, layout: Layout, host, expected) => {
    expect(filesOf(clusterOf(layout), host)).toEqual(expected);
  });

  const leaf = (layout: Layout, host: string, id: string): LeafSpec =>
    of(clusterOf(layout), host).find((spec): spec is LeafSpec => spec.id === id && spec.kind === 'leaf') ??
    expect.fail(`no ${id} on ${host}`);
  const kubeconfig = (layout: Layout, host: string, id: string): KubeconfigSpec =>
    of(clusterOf(layout), host).find((spec): spec is KubeconfigSpec => spec.id === id && spec.kind === 'kubeconfig') ??
    expect.fail(`no ${id} on ${host}`);

  it('gives the API server every name under which it is reached', () => {
    const { request, optionalNames, authority } = leaf(
      { ...multi, lb: '10.0.0.100', sans: ['api.example.com', '203.0.113.9', 'localhost'] },
      'm2',
      'apiserver',
    );
    expect(authority).toBe('kubernetes');
    expect(request).toEqual({
      commonName: 'kube-apiserver',
      dnsNames: [
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
        'localhost',
        'm2',
        'api.example.com',
      ],
      ipAddresses: ['10.0.0.2', '127.0.0.1', '10.96.0.1', '10.0.0.100', '203.0.113.9', '10.0.0.1', '10.0.0.3'],
      usages: ['server'],
      days: 3650,
    });
    expect(optionalNames).toEqual(['10.0.0.1', '10.0.0.3']);
  });

  it('counts the first address of every service network', () => {
    const { request } = leaf({ ...allInOne, serviceSubnet: '10.233.64.0/18,fd00:10::/112' }, 'm1', 'apiserver');
    expect(request.ipAddresses).toEqual(['10.0.0.1', '127.0.0.1', '10.233.64.1', 'fd00:10::1']);
  });

  it('takes a node name that is an address as an address', () => {
    const api = leaf({ ...allInOne, byAddress: true }, 'm1', 'apiserver');
    expect(api.request.dnsNames).toContain('m1');
    expect(api.request.dnsNames).not.toContain('10.0.0.1');
    expect(api.request.ipAddresses).toContain('10.0.0.1');
    const kubelet = leaf({ ...multi, byAddress: true }, 'w4', 'kubelet');
    expect(kubelet.request).toMatchObject({
      commonName: 'system:node:10.0.0.4',
      organizations: ['system:nodes'],
      dnsNames: ['w4'],
      ipAddresses: ['10.0.0.4'],
      usages: ['server'],
    });
  });

  it.each(['etcd/server', 'etcd/peer'])('gives %s its own names and no other', (id) => {
    expect(leaf(separate, 'e6', id)).toMatchObject({
      authority: 'etcd',
      request: {
        commonName: 'e6',
        dnsNames: ['e6', 'localhost'],
        ipAddresses: ['10.0.0.6', '127.0.0.1', '::1'],
        usages: ['server', 'client'],
        days: 3000,
      },
    });
  });

  it.each([
    ['1.28.15', ['system:masters'], ['system:masters']],
    ['1.29.0', ['kubeadm:cluster-admins'], ['kubeadm:cluster-admins']],
    ['1.36.3', ['kubeadm:cluster-admins'], ['kubeadm:cluster-admins']],
    ['1.37.2', [], ['kubeadm:cluster-admins']],
  ])('uses the groups that kubeadm %s binds', (version, kubeletClient, admin) => {
    const layout = { ...allInOne, version };
    expect(leaf(layout, 'm1', 'apiserver-kubelet-client').request.organizations).toEqual(kubeletClient);
    expect(kubeconfig(layout, 'm1', 'admin.conf').request.organizations).toEqual(admin);
  });

  it('points kubeconfigs where kubeadm does', () => {
    const table = ['admin.conf', 'super-admin.conf', 'controller-manager.conf', 'scheduler.conf'].map((id) => {
      const spec = kubeconfig(multi, 'm1', id);
      return [id, spec.server, spec.user, spec.request.commonName, spec.request.organizations, spec.request.usages];
    });
    expect(table).toEqual([
      [
        'admin.conf',
        'https://127.0.0.1:8443',
        'kubernetes-admin',
        'kubernetes-admin',
        ['kubeadm:cluster-admins'],
        ['client'],
      ],
      [
        'super-admin.conf',
        'https://127.0.0.1:8443',
        'kubernetes-super-admin',
        'kubernetes-super-admin',
        ['system:masters'],
        ['client'],
      ],
      [
        'controller-manager.conf',
        'https://10.0.0.1:6443',
        'system:kube-controller-manager',
        'system:kube-controller-manager',
        [],
        ['client'],
      ],
      ['scheduler.conf', 'https://10.0.0.1:6443', 'system:kube-scheduler', 'system:kube-scheduler', [], ['client']],
    ]);
    expect(kubeconfig({ ...multi, lb: '10.0.0.100' }, 'm3', 'admin.conf').server).toBe('https://10.0.0.100:8443');
  });

  it('has three roots with three names, lives and places in the store', () => {
    const cluster = clusterOf(multi);
    expect(authorities.map((authority) => rootRequest(cluster, authority))).toEqual([
      { commonName: 'kubernetes', days: 36_500 },
      { commonName: 'front-proxy-ca', days: 36_500 },
      { commonName: 'etcd-ca', days: 36_000 },
    ]);
    expect(authorities.map((authority) => rootSecret('demo', authority))).toEqual([
      'demo/pki/kubernetes',
      'demo/pki/front-proxy-ca',
      'demo/pki/etcd-ca',
    ]);
  });
});
