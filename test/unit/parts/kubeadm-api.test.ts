import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ignoring } from '../../../src/activities/kubeadm.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { KubeadmApi } from '../../../src/cluster/version.ts';
import { kubeadmInitConfig, kubeadmJoinConfig } from '../../../src/parts/kubeadm-api/registry.ts';
import { etcdConfiguration } from '../../../src/parts/etcd.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const token = 'abcdef.0123456789abcdef';
const hosts = 'hosts: {m1: 10.0.0.1, w1: 10.0.0.2}, masters: [m1]';
const host = (c: Cluster, i: number) => c.hosts[i] as Cluster['hosts'][number];
const documents = (yaml: string) => parseAllDocuments(yaml).map((d) => d.toJS() as Record<string, never>);
const init = (c: Cluster) => documents(kubeadmInitConfig(c, host(c, 0), undefined, { token, tokenTtl: '10m0s' }));
const join = (c: Cluster, i = 1, controlPlane = false) =>
  documents(
    kubeadmJoinConfig(c, host(c, i), undefined, { token, caPin: 'sha256:00', endpoint: '10.0.0.1:6443', controlPlane }),
  );
const withApi = (c: Cluster, kubeadmApi: KubeadmApi): Cluster => ({
  ...c,
  kubernetes: { ...c.kubernetes, release: { ...c.kubernetes.release, kubeadmApi } },
});

test('a master is tainted unless it is a worker too, a worker never', async () => {
  const master = init(await clusterFrom(`{name: t, ${hosts}}`))[0];
  expect(master).toMatchObject({
    nodeRegistration: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] },
  });
  const both = init(await clusterFrom(`{name: t, ${hosts}, workers: [m1, w1]}`))[0];
  expect(both).toMatchObject({ nodeRegistration: { taints: [] } });
  const worker = join(await clusterFrom(`{name: t, ${hosts}}`))[0];
  expect(worker?.['nodeRegistration']).not.toHaveProperty('taints');
});

test.each(['v1beta2', 'v1beta3', 'v1beta4', 'v1'] as const)('%s: a join verifies whom it trusts', async (api) => {
  const cluster = withApi(await clusterFrom(`{name: t, ${hosts}}`), api);
  const [document] = join(cluster);
  expect(document).toMatchObject({
    apiVersion: `kubeadm.k8s.io/${api}`,
    kind: 'JoinConfiguration',
    discovery: { bootstrapToken: { apiServerEndpoint: '10.0.0.1:6443', token, caCertHashes: ['sha256:00'] } },
  });
  expect(JSON.stringify(document)).not.toContain('unsafeSkip');
  expect(document).not.toHaveProperty('controlPlane');
  expect(join(cluster, 0, true)[0]).toMatchObject({ controlPlane: { localAPIEndpoint: { bindPort: 6443 } } });
});

test('arguments are maps until v1beta3 and lists from v1beta4; the file of the cluster wins over ours', async () => {
  const cluster = await clusterFrom(
    `{name: t, ${hosts}, kubernetes: {extraArgs: {scheduler: {profiling: 'true', v: '4'}}}}`,
  );
  expect(init(withApi(cluster, 'v1beta3'))[1]).toMatchObject({
    scheduler: { extraArgs: { profiling: 'true', v: '4' } },
  });
  expect(init(cluster)[1]).toMatchObject({
    scheduler: {
      extraArgs: [
        { name: 'profiling', value: 'true' },
        { name: 'v', value: '4' },
      ],
    },
  });
});

test('kubelet and kube-proxy get what the file says merged over ours', async () => {
  const cluster = await clusterFrom(
    `{name: t, ${hosts}, kubernetes: {kubeletConfiguration: {authentication: {webhook: {cacheTTL: 1m}}, resolvConf: /x}, kubeProxyConfiguration: {conntrack: {min: 0}}}}`,
  );
  const [registration, , kubelet, proxy] = init(cluster);
  expect(kubelet).toMatchObject({
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true, cacheTTL: '1m' } },
    resolvConf: '/x',
  });
  expect(proxy).toMatchObject({ mode: 'iptables', conntrack: { min: 0 } });
  expect(JSON.stringify(registration)).not.toContain('resolv-conf');
});

test('the secrets of etcd are encrypted unless that is turned off', async () => {
  const on = JSON.stringify(init(await clusterFrom(`{name: t, ${hosts}}`)));
  const off = JSON.stringify(
    init(await clusterFrom(`{name: t, ${hosts}, kubernetes: {encryption: {enabled: false}}}`)),
  );
  expect([on.includes('encryption-provider-config'), off.includes('encryption-provider-config')]).toEqual([
    true,
    false,
  ]);
});

test('the arguments of etcd get the types of its configuration file', async () => {
  const cluster = await clusterFrom(
    `{name: t, ${hosts}, etcd: {extraArgs: {heartbeat-interval: '250', grpc-keepalive-timeout: 1m30s, pre-vote: 'false', log-level: warn, auto-compaction-retention: '5m'}}}`,
  );
  const [text] = documents(etcdConfiguration(cluster, host(cluster, 0), 'new'));
  expect(text).toMatchObject({
    'heartbeat-interval': 250,
    'grpc-keepalive-timeout': 90_000_000_000,
    'pre-vote': false,
    'log-level': 'warn',
    'auto-compaction-retention': '5m',
  });
});

test('checks to ignore are told in the file and by the flag, `all` by the flag alone', async () => {
  const named = await clusterFrom(`{name: t, ${hosts}, kubernetes: {ignorePreflightErrors: [Swap]}}`);
  expect(init(named)[0]?.['nodeRegistration']).toMatchObject({
    ignorePreflightErrors: ['Swap', 'DirAvailable--etc-kubernetes-manifests'],
  });
  expect(ignoring(named, false).split(',')).toEqual(
    expect.arrayContaining(['Swap', 'DirAvailable--etc-kubernetes-manifests']),
  );
  expect(ignoring(named, true)).toContain('Port-10250');
  const all = await clusterFrom(`{name: t, ${hosts}, kubernetes: {ignorePreflightErrors: [ALL, Swap]}}`);
  expect(init(all)[0]?.['nodeRegistration']).toMatchObject({ ignorePreflightErrors: [] });
  expect(ignoring(all, true)).toBe('all');
});
