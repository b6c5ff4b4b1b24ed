import type { Cluster, Host } from '../cluster/cluster.ts';
import { hostPort } from '../cluster/endpoint.ts';
import { imageAtLeast } from '../cluster/image.ts';
import { ETCD_CONFIGURATION, PKI_DIR } from '../cluster/paths.ts';
import { etcdHosts } from '../cluster/role.ts';
import { staticPod } from '../formats/static-pod.ts';
import { toYaml } from '../formats/yaml.ts';

/** etcd answers without TLS on it, to the host alone. */
export const ETCD_METRICS_PORT = 2381;
const pki = `${PKI_DIR}/etcd`;

/**
 * etcd's configuration file (`--config-file`, whose keys are the names of the flags). A file and not flags, so that
 * `initial-cluster-state` can become `existing` once the cluster is formed without a restart: from then on a member that
 * lost its data refuses to found a cluster of its own. `members` are those that a new one finds, itself included.
 */
export function etcdConfiguration(
  cluster: Cluster,
  host: Host,
  state: 'new' | 'existing',
  members: readonly Host[] = etcdHosts(cluster),
): string {
  return toYaml({
    name: host.nodeName,
    'initial-cluster': members.map((h) => `${h.nodeName}=${etcdPeerUrl(h)}`).join(','),
    'initial-cluster-state': state,
    ...settings(cluster, host),
  });
}

/** Where other members find one: its identity before it has started. */
export const etcdPeerUrl = (host: Host): string => `https://${hostPort(host.address, 2380)}`;

/** What a member goes by at every start; of the others it learns from its data then. */
function settings({ name, etcd }: Cluster, host: Host): Record<string, unknown> {
  const client = `https://${hostPort(host.address, 2379)}`;
  return {
    'data-dir': etcd.dataDir,
    'initial-cluster-token': `kha-${name}`,
    'initial-advertise-peer-urls': etcdPeerUrl(host),
    'listen-peer-urls': etcdPeerUrl(host),
    'advertise-client-urls': client,
    'listen-client-urls': `https://127.0.0.1:2379,${client}`,
    'listen-metrics-urls': `http://127.0.0.1:${ETCD_METRICS_PORT}`,
    'client-transport-security': {
      'cert-file': `${pki}/server.crt`,
      'key-file': `${pki}/server.key`,
      'trusted-ca-file': `${pki}/ca.crt`,
      'client-cert-auth': true,
    },
    'peer-transport-security': {
      'cert-file': `${pki}/peer.crt`,
      'key-file': `${pki}/peer.key`,
      'trusted-ca-file': `${pki}/ca.crt`,
      'client-cert-auth': true,
    },
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': `${etcd.autoCompactionHours}h`,
    'max-request-bytes': etcd.maxRequestBytes,
    'quota-backend-bytes': etcd.quotaBytes,
    'snapshot-count': etcd.snapshotCount,
    ...Object.fromEntries(Object.entries(etcd.extraArgs).map(([flag, value]) => [flag, typed(flag, value)])),
  };
}

const UNITS: Record<string, number> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** A flag's text as the file wants it: numbers, truth values, and durations in nanoseconds (embed.Config has time.Duration). */
function typed(name: string, value: string): unknown {
  if (name === 'auto-compaction-retention') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(value)) return value;
  return [...value.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
}

/** A static pod of the same shape as kubeadm's. It is made anew when the settings change, and not when members come and go. */
export function etcdManifest(cluster: Cluster, host: Host): string {
  // Not /readyz: a member must not be restarted because others are late.
  const path = imageAtLeast(cluster.etcd.image, [3, 5, 11]) ? '/livez' : '/health?serializable=true';
  const httpGet = { host: '127.0.0.1', port: ETCD_METRICS_PORT, path, scheme: 'HTTP' };
  return staticPod({
    name: 'etcd',
    labels: { component: 'etcd', tier: 'control-plane' },
    configuration: toYaml(settings(cluster, host)),
    volumes: [
      { name: 'configuration', hostPath: ETCD_CONFIGURATION, readOnly: true, type: 'File' },
      { name: 'certificates', hostPath: pki, readOnly: true, type: 'Directory' },
      { name: 'data', hostPath: cluster.etcd.dataDir, readOnly: false, type: 'Directory' },
    ],
    container: {
      name: 'etcd',
      image: cluster.etcd.image,
      command: ['etcd', `--config-file=${ETCD_CONFIGURATION}`],
      resources: { requests: { cpu: '100m', memory: '100Mi' } },
      startupProbe: {
        httpGet,
        initialDelaySeconds: 10,
        periodSeconds: 10,
        timeoutSeconds: 15,
        failureThreshold: 24,
      },
      livenessProbe: {
        httpGet,
        initialDelaySeconds: 10,
        periodSeconds: 10,
        timeoutSeconds: 15,
        failureThreshold: 8,
      },
    },
  });
}
