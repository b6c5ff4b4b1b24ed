import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import { digest } from '../../../src/formats/digest.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { initCluster } from '../../../src/operations/init-cluster.ts';
import { filesOf, versionOf } from '../../../src/parts/load-balancer/configuration.ts';
import { loadBalancerOf } from '../../../src/parts/load-balancer/registry.ts';
import { loadBalancer } from '../../../src/steps/load-balancer.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

const modes = ['nginx', 'haproxy', 'envoy', 'openresty'] as const;
const clusterWith = (mode: string): Promise<Cluster> =>
  clusterFrom(`{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.2}, masters: [m1], loadBalancer: {mode: ${mode}}}`);
const w1 = (cluster: Cluster) => hostNamed(cluster, 'w1');
const textOf = (cluster: Cluster): string => Object.values(filesOf(cluster, w1(cluster))).join('\n');

// There is no OpenResty among the programs that the contract can be run with: what nginx reads there is what it is given.
test('openresty is nginx by another name: the same file, the same words', async () => {
  const [nginx, openresty] = await Promise.all([clusterWith('nginx'), clusterWith('openresty')]);
  const without = (cluster: Cluster): string => textOf(cluster).replace(versionOf(cluster, w1(cluster)), '');
  expect(without(openresty)).toBe(without(nginx));
  const part = loadBalancerOf(openresty);
  const file = '/etc/kubernetes/kha/load-balancer/nginx.conf';
  expect(part.judge).toEqual([['openresty', '-t', '-q', '-c', file]]);
  expect(part.reload).toEqual(['openresty', '-s', 'reload', '-c', file]);
  const effects = loadBalancer.effects?.(
    { cluster: openresty, next: openresty, facts: bareFacts(openresty), targets: openresty.hosts },
    w1(openresty),
  );
  const manifest = effects?.find((e) => e.kind === 'file' && e.path.endsWith('kha-load-balancer.yaml'));
  expect(parse(manifest?.kind === 'file' && 'text' in manifest.content ? manifest.content.text : '')).toMatchObject({
    spec: {
      containers: [
        {
          name: 'openresty',
          image: openresty.loadBalancer.image,
          command: ['openresty', '-c', file, '-g', 'daemon off;'],
        },
      ],
    },
  });
});

test.each(modes)('%s: the version tells all that it serves with', async (mode) => {
  const cluster = await clusterWith(mode);
  const version = versionOf(cluster, w1(cluster));
  expect(version).toMatch(new RegExp(`^${mode}/[0-9a-f]{16}$`));
  expect(textOf(cluster)).toContain(version);
  const other = { ...cluster, loadBalancer: { ...cluster.loadBalancer, port: 9443 } };
  expect(versionOf(other, w1(other))).not.toBe(version);
});

test.each(modes)('%s: nobody but this host reaches it, unless there is a virtual address', async (mode) => {
  const cluster = await clusterWith(mode);
  const at = (address?: string): string =>
    textOf({
      ...cluster,
      loadBalancer: { ...cluster.loadBalancer, ...(address === undefined ? {} : { address }) },
    });
  expect(at()).not.toMatch(/0\.0\.0\.0|\[::\]|: ::$|"::"/m);
  expect(at('10.0.0.100')).toContain('0.0.0.0');
  expect(at('fd00::100')).toMatch(/\[::\]:8443|address: "::"/);
  // Its own port stays its own.
  expect(at('10.0.0.100')).toMatch(/127\.0\.0\.1:8081|127\.0\.0\.1\n\s+port_value: 8081/);
});

test('what Envoy judges is what it serves with', async () => {
  const cluster = await clusterWith('envoy');
  const files = filesOf(cluster, w1(cluster));
  const read = (name: string) => parse(files[name] ?? '') as never;
  interface Bootstrap {
    static_resources: { clusters: object[]; listeners: object[] };
  }
  interface Resources {
    resources: object[];
  }
  const [start, judged] = [read('bootstrap.yaml') as Bootstrap, read('judged.yaml') as Bootstrap];
  const without = (value: object, ...names: string[]) =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
  const plain = (value: object) => without(value, 'type', 'eds_cluster_config', 'load_assignment');
  expect(judged.static_resources.clusters.map(plain)).toEqual(start.static_resources.clusters.map(plain));
  expect(judged.static_resources.listeners).toEqual(
    (read('listeners.yaml') as Resources).resources.map((r) => without(r, '@type')),
  );
  expect((judged.static_resources.clusters[0] as { load_assignment: object }).load_assignment).toEqual(
    without((read('endpoints.yaml') as Resources).resources[0] ?? {}, '@type'),
  );
});

test('a pod that is made anew: one host first, masters one by one, then the others side by side', async () => {
  const cluster = await clusterFrom(`
name: t
hosts: {w1: 10.0.0.4, m1: 10.0.0.1, m2: 10.0.0.2, w2: 10.0.0.5, w3: 10.0.0.6}
masters: [m1, m2]
etcd: [m1]
workers: [w1, w2, w3]
`);
  const needs = (loadBalancers: Record<string, string>): Record<string, string[]> => {
    const facts = bareFacts(cluster);
    for (const [name, loadBalancer] of Object.entries(loadBalancers)) {
      const own = facts[name];
      if (own) facts[name] = { ...own, kubernetes: { ...own.kubernetes, loadBalancer } };
    }
    const { plan } = makePlan(initCluster, cluster, facts);
    const mine = plan.tasks.filter((t) => t.step === 'load-balancer');
    return Object.fromEntries(
      mine.map((t) => [t.host, t.needs.filter((need) => need.startsWith('load-balancer/')).map((n) => n.slice(14))]),
    );
  };
  const [free, former] = [[] as string[], 'of another image'];
  const nobody = { w1: free, m1: free, m2: free, w2: free, w3: free };
  expect(needs({})).toEqual(nobody);
  const same = manifestDigest(cluster, 'm1');
  expect(needs({ m1: same, m2: same, w1: same, w2: same, w3: same })).toEqual(nobody);
  expect(needs({ m1: former, m2: former, w1: former, w2: former })).toEqual({
    ...nobody,
    m2: ['m1'],
    w1: ['m2'],
    w2: ['m2'],
  });
  expect(needs({ m1: same, m2: same, w1: former, w2: former, w3: former })).toEqual({
    ...nobody,
    w2: ['w1'],
    w3: ['w1'],
  });
});

function manifestDigest(cluster: Cluster, name: string): string {
  const context = { cluster, next: cluster, facts: bareFacts(cluster), targets: cluster.hosts };
  const effects = loadBalancer.effects?.(context, hostNamed(cluster, name)) ?? [];
  const manifest = effects.find((e) => e.kind === 'file' && e.path.endsWith('kha-load-balancer.yaml'));
  return digest(manifest?.kind === 'file' && 'text' in manifest.content ? manifest.content.text : '');
}
