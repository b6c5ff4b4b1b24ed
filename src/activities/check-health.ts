import type { Cluster, Host } from '../cluster/cluster.ts';
import { controlPlaneEndpoint } from '../cluster/endpoint.ts';
import { etcdHosts, isLocalLoadBalancer, isNode, masters } from '../cluster/role.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import type { TaskResult } from './contract.ts';
import { etcdTroubles } from './etcd.ts';
import { eventually } from './eventually.ts';
import type { TaskScope } from './task-scope.ts';
import { kubectl } from './kubectl.ts';
import { probePods } from './probe-pods.ts';
import type { Session } from './session.ts';

interface NodeList {
  items: {
    metadata: { name: string };
    status: { conditions: { type: string; status: string; message?: string }[]; nodeInfo: { kubeletVersion: string } };
  }[];
}

/** Each of these is there, Ready, and at its version. */
async function nodeTroubles(cluster: Cluster, on: readonly Host[], master: Session): Promise<string[]> {
  const result = await master.look('kubectl get nodes', kubectl(sh`get nodes -o json`), { maxBytes: 32 << 20 });
  if (result.exitCode !== 0) return [`the nodes can't be listed: ${result.stderr.trim().split('\n').at(-1) ?? ''}`];
  const list = (JSON.parse(result.stdout) as NodeList).items;
  return on.flatMap((host) => {
    const node = list.find((n) => n.metadata.name === host.nodeName);
    if (!node) return [`node ${host.nodeName} is missing`];
    const ready = node.status.conditions.find((c) => c.type === 'Ready');
    const version = node.status.nodeInfo.kubeletVersion;
    return [
      ...(ready?.status === 'True'
        ? []
        : [`node ${host.nodeName} is not ready: ${ready?.message ?? 'it never reported'}`]),
      ...(version === `v${cluster.kubernetes.version}` ? [] : [`node ${host.nodeName} runs ${version}`]),
    ];
  });
}

/** Asks these masters' API servers for their readiness, from a node directly and through its load balancer. */
const readinessFrom = (cluster: Cluster, direct: readonly Host[]): Command => {
  const balancer = `https://${controlPlaneEndpoint(cluster)}/readyz`;
  // The load balancer is asked as often as there are masters, so that each gets its turn.
  const urls = [...direct.map((m) => `https://${m.address}:6443/readyz`), ...masters(cluster).map(() => balancer)];
  return shJoin([
    sh`for u in ${urls}; do curl -fsS --noproxy '*' --max-time 5 --cacert /etc/kubernetes/pki/ca.crt -o /dev/null "$u" 2>&1 || echo "no answer from $u"; done`,
  ]);
};

async function apiTroubles(
  cluster: Cluster,
  { from, direct }: { from: readonly Host[]; direct: readonly Host[] },
  session: (host: string) => Session,
): Promise<string[]> {
  const all = await Promise.all(
    from.map(async (host) => {
      const out = await session(host.name).read('reach every API server', readinessFrom(cluster, direct));
      return out.trim() === '' ? [] : [`${host.name}: ${out.trim().split('\n').join(', ')}`];
    }),
  );
  return all.flat();
}

/**
 * The last word of an operation: it says healthy only when the cluster does what clusters are for. Of an operation on some hosts: when
 * these do what nodes are for; others may be down.
 */
export async function checkHealth(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { cluster, facts, targets, ports, abort } = scope;
  const isWhole = targets.length === cluster.hosts.length;
  const on = targets.filter((host) => isNode(cluster, host));
  const ways = {
    from: isLocalLoadBalancer(cluster) || !isWhole ? on : masters(cluster),
    direct: masters(cluster).filter((m) => isWhole || facts[m.name]),
  };
  const master = scope.session(hostName);
  const etcd = scope.session(cluster.roles.etcd[0] ?? hostName);
  await eventually(ports.clock, abort, {
    what: 'nodes, etcd and API servers are healthy',
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 700,
    code: 'KHA3305',
    troubles: async () =>
      (
        await Promise.all([
          nodeTroubles(cluster, on, master),
          isWhole ? etcdTroubles(etcdHosts(cluster), etcd) : [],
          apiTroubles(cluster, ways, scope.session),
        ])
      ).flat(),
    explain: async () =>
      (
        await master.look(
          'pods that do not run',
          kubectl(sh`get pods -A -o wide --no-headers | grep -vE 'Running|Completed' | head -n 12`),
        )
      ).stdout.split('\n'),
  });
  if (cluster.network.plugin !== 'none') await probePods(scope, master);
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const ready = `healthy: ${count(on.length, 'node')} Ready at v${cluster.kubernetes.version}`;
  if (!isWhole) return { changed: false, detail: `${ready}, DNS and services on each` };
  return {
    changed: false,
    detail: `${ready}, ${count(cluster.roles.etcd.length, 'etcd member')}, ${count(cluster.roles.masters.length, 'API server')}, DNS and services on every worker`,
  };
}
