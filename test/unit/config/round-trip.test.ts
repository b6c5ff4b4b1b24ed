import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { diffClusters } from '../../../src/config/diff.ts';
import { loadCatalogue } from '../../../src/config/catalogue.ts';
import { normalise } from '../../../src/config/normalise.ts';
import { clusterFile } from '../../../src/config/schema/cluster.ts';
import { clusterInput, writeClusterYaml } from '../../../src/config/write.ts';
import { readYaml } from '../../../src/config/yaml-source.ts';
import { loadIni, loadYaml } from './load.ts';

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const args = fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,6}$/), fc.string({ maxLength: 6 }), {
  maxKeys: 2,
  noNullPrototype: true,
});
const secret = fc.oneof(fc.record({ env: fc.constantFrom('A', 'B') }), fc.record({ secret: label }));
const common = {
  user: optional(fc.constantFrom('root', 'ops')),
  port: optional(fc.constantFrom(22, 2222)),
  keyFile: optional(fc.constantFrom('~/k', '/k2')),
  passphrase: optional(secret),
  agent: optional(fc.boolean()),
  password: optional(secret),
};
const bastion = fc.oneof(
  fc.constantFrom('b1', 'ops@b2:2200'),
  fc.record({ address: fc.constantFrom('b3', '10.9.9.9'), ...common }),
);
const ssh = fc.record({
  ...common,
  sudo: optional(fc.record({ password: optional(secret) })),
  jump: optional(fc.array(bastion, { maxLength: 2 })),
});
const schedule = fc.record({
  operation: fc.constant('init-cluster' as const),
  cron: fc.constantFrom('0 3 * * *', '@every 12h', ['0 3 1 * *', '0 5 * * SUN']),
  timezone: optional(fc.constantFrom('UTC', 'Europe/Berlin')),
  jitter: optional(fc.constantFrom('0s', '10m')),
  overlap: optional(fc.constantFrom('skip' as const, 'buffer-one' as const)),
  wait: optional(fc.constantFrom('12h', '1h30m')),
  pauseOnFailure: optional(fc.boolean()),
  onFailure: optional(fc.constantFrom('park' as const, 'abort' as const)),
});
const schedules = fc
  .array(schedule, { maxLength: 3 })
  .map((list) => list.map((of, i) => (i === 0 ? of : { ...of, name: `s${i}` })))
  .map((list) => [
    ...list,
    ...(list.length === 2
      ? [{ operation: 'renew-certificates' as const, cron: '@weekly', within: '45d', certificates: ['apiserver'] }]
      : []),
  ]);
const days = fc.integer({ min: 1, max: 5000 });
const file = fc.record({
  name: label,
  schedules: optional(schedules),
  nodeNames: optional(fc.constantFrom('hostname', 'address')),
  hosts: fc.uniqueArray(label, { minLength: 1, maxLength: 5 }).chain((names) =>
    fc.tuple(...names.map(() => optional(ssh))).map((list) =>
      Object.fromEntries(
        names.map((name, i) => {
          const address = `10.0.0.${i + 1}`;
          return [name, list[i] ? { address, ssh: list[i] } : address];
        }),
      ),
    ),
  ),
  ssh: optional(ssh),
  kubernetes: optional(
    fc.record({
      version: optional(fc.constantFrom('1.37.2', 'v1.36.3', '1.20.15', '1.23.4')),
      imageRepository: optional(fc.constantFrom('registry.k8s.io', 'r.example.com/x')),
      maxPods: optional(fc.integer({ min: 1, max: 500 })),
      extraArgs: optional(fc.record({ apiServer: optional(args), kubelet: optional(args) })),
      eviction: optional(fc.record({ 'memory.available': fc.constantFrom('1Gi', '5%') })),
      systemReserved: optional(fc.record({ cpu: fc.constantFrom('1', '100m', 2) })),
      kubeletConfiguration: optional(fc.constantFrom({}, { failCgroupV1: false, a: [1, 'x', null] })),
      audit: optional(fc.record({ enabled: fc.boolean(), rules: optional(fc.constant([{ level: 'None' }])) })),
    }),
  ),
  etcd: optional(
    fc.record({
      image: optional(fc.constant('r/etcd:1')),
      quotaBytes: optional(fc.constant(2 ** 31)),
      extraArgs: optional(args),
    }),
  ),
  loadBalancer: optional(
    fc.record({ mode: optional(fc.constantFrom('nginx', 'haproxy')), port: optional(fc.constantFrom(8443, 9443)) }),
  ),
  runtime: optional(
    fc.record({
      packageVersion: optional(fc.constant('1.2')),
      imports: optional(fc.constantFrom([], ['/x.toml'])),
      registries: optional(
        fc.constantFrom(
          {},
          { 'docker.io': 'https://a' },
          { 'q.io': { endpoints: ['https://a', 'https://b'], insecure: true, caFile: '/c' } },
        ),
      ),
    }),
  ),
  images: optional(fc.record({ repository: optional(fc.constant('reg.example.com:5000/k8s')) })),
  pki: optional(
    fc.record({
      caDays: optional(days),
      leafDays: optional(days),
      etcdCaDays: optional(days),
      sans: optional(fc.constantFrom([], ['a.b', '::1'])),
    }),
  ),
  packages: optional(
    fc.record({
      repositories: optional(fc.constantFrom([], [{ name: 'x', url: 'https://x/y' }])),
      extra: optional(fc.constant(['htop'])),
    }),
  ),
  system: optional(
    fc.record({
      timezone: optional(fc.constant('Etc/UTC')),
      sysctls: optional(fc.constantFrom({}, { 'vm.x': 1, y: 'true', z: '0644' })),
      hosts: optional(fc.constant({ '10.0.0.5': ['a'] })),
    }),
  ),
  proxy: optional(fc.record({ http: optional(fc.constant('http://p:1')), no: optional(fc.constant(['.x'])) })),
  parallelism: optional(fc.integer({ min: 1, max: 99 })),
});

/** Absent keys instead of undefined ones, as YAML has them. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function clusterOf(document: unknown): Cluster {
  const context = { catalogue: loadCatalogue(), sshConfig: new Map() };
  return normalise(clusterFile.parse(document), context).cluster ?? expect.unreachable('no cluster');
}

describe('a cluster written as a file', () => {
  test('reads as the same cluster', () => {
    fc.assert(
      fc.property(file, (input) => {
        const cluster = clusterOf(plain(input));
        const text = writeClusterYaml(cluster, ['Written by a test.']);
        const source = readYaml([{ name: 'f', text }]);
        expect(source.problems).toEqual([]);
        const again = clusterOf(source.document);
        expect(again).toEqual(cluster);
        expect(diffClusters(cluster, again)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('says only what is no default', async () => {
    const { cluster } = await loadYaml('name: demo\nhosts: {m1: 10.0.0.1, w1: 10.0.0.2}\nmasters: [m1]\n');
    expect(clusterInput(cluster)).toEqual({
      name: 'demo',
      hosts: { m1: '10.0.0.1', w1: '10.0.0.2' },
      masters: ['m1'],
      workers: ['w1'],
      kubernetes: { version: '1.37.2' },
    });
  });

  test("an import of the seed's files", async () => {
    const { cluster } = await loadIni(
      '[all]\n10.0.0.1 ansible_user=ops ansible_ssh_pass=x\n[etcd]\n10.0.0.1\n[kube-master]\n10.0.0.1\n[kube-worker]\n10.0.0.1\n[all:vars]\nkube_version="1.36.3"\n',
      'kube_image_repository: r.example.com/k8s\n',
      { name: 'demo' },
    );
    expect(
      writeClusterYaml(cluster, ['Written by kha import from hosts.ini.']),
    ).toBe(`# Written by kha import from hosts.ini.

# Name of the cluster; workflow, secrets and known hosts go by it.
name: demo

# Whether a Node is called by the name of its host or by its address.
nodeNames: address

# The machines by name.
hosts:
  10.0.0.1: 10.0.0.1

# How hosts are reached; each host may say otherwise.
ssh:
  user: ops
  password:
    secret: demo/ssh-password/10.0.0.1

# Hosts of the control plane. May be left out with one host.
masters:
  - 10.0.0.1

# Hosts that run pods. Default: all hosts without another role, or the masters if there are none.
workers:
  - 10.0.0.1

# Kubernetes itself.
kubernetes:
  version: 1.36.3
  podSubnet: 10.244.0.0/18
  serviceSubnet: 10.244.64.0/18
  encryption:
    algorithm: aescbc

# One mirror of all images. An \`image\` elsewhere in the file wins over it.
images:
  repository: r.example.com/k8s
`);
  });
});

describe('a declaration that differs from the recorded one', () => {
  const base = 'name: demo\nhosts: {m1: 10.0.0.1, w1: 10.0.0.2}\nmasters: [m1]\n';

  test('is shown setting by setting, by the paths of the file', async () => {
    const { cluster: before } = await loadYaml(`${base}pki: {sans: [a.b]}\n`);
    const { cluster: after } = await loadYaml(
      'name: demo\nhosts: {m1: 10.0.0.9, w2: 10.0.0.3}\nmasters: [m1]\nkubernetes: {maxPods: 50}\nproxy: {http: "http://p:1"}\n',
    );
    expect(diffClusters(before, after)).toEqual([
      { path: 'pki.sans', before: ['a.b'], after: [] },
      { path: 'proxy.http', before: undefined, after: 'http://p:1' },
      { path: 'hosts.m1.address', before: '10.0.0.1', after: '10.0.0.9' },
      { path: 'hosts.w1', before: '10.0.0.2', after: undefined },
      { path: 'hosts.w2', before: undefined, after: '10.0.0.3' },
      { path: 'workers', before: ['w1'], after: ['w2'] },
      { path: 'kubernetes.maxPods', before: 110, after: 50 },
    ]);
  });

  test('order of hosts and workers is no difference', async () => {
    const { cluster: before } = await loadYaml(base);
    const { cluster: after } = await loadYaml('name: demo\nhosts: {w1: 10.0.0.2, m1: 10.0.0.1}\nmasters: [m1]\n');
    expect(diffClusters(before, after)).toEqual([]);
  });
});
