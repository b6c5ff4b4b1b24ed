import type { Cluster, Host } from '../cluster/cluster.ts';
import { isMaster, isLocalLoadBalancer, masters, nodes, workers } from '../cluster/role.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import { toYaml } from '../formats/yaml.ts';
import type { TaskResult } from './contract.ts';
import { etcdTroubles } from './etcd.ts';
import { eventually } from './eventually.ts';
import type { KubeadmScope } from './kubeadm.ts';
import { kubectl } from './kubectl.ts';
import type { Session } from './session.ts';

interface NodeList {
  items: {
    metadata: { name: string };
    status: { conditions: { type: string; status: string; message?: string }[]; nodeInfo: { kubeletVersion: string } };
  }[];
}

/** Every declared node is there, Ready, and at its version. */
async function nodeTroubles(cluster: Cluster, master: Session): Promise<string[]> {
  const result = await master.look('kubectl get nodes', kubectl(sh`get nodes -o json`), { maxBytes: 32 << 20 });
  if (result.exitCode !== 0) return [`the nodes can't be listed: ${result.stderr.trim().split('\n').at(-1) ?? ''}`];
  const list = (JSON.parse(result.stdout) as NodeList).items;
  return nodes(cluster).flatMap((host) => {
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

/** Asks every API server for its readiness, from this node directly and through its load balancer. */
const readinessFrom = (cluster: Cluster): Command => {
  const direct = masters(cluster).map((m) => `https://${m.address}:6443/readyz`);
  const balancer = `https://${cluster.loadBalancer.address ?? '127.0.0.1'}:${cluster.loadBalancer.port}/readyz`;
  // The load balancer is asked as often as there are masters, so that each gets its turn.
  const urls = [...direct, ...masters(cluster).map(() => balancer)];
  return shJoin([
    sh`for u in ${urls}; do curl -fsS --noproxy '*' --max-time 5 --cacert /etc/kubernetes/pki/ca.crt -o /dev/null "$u" 2>&1 || echo "no answer from $u"; done`,
  ]);
};

async function apiTroubles(cluster: Cluster, session: (host: string) => Session): Promise<string[]> {
  const from = isLocalLoadBalancer(cluster) ? nodes(cluster) : masters(cluster);
  const all = await Promise.all(
    from.map(async (host) => {
      const out = await session(host.name).read('reach every API server', readinessFrom(cluster));
      return out.trim() === '' ? [] : [`${host.name}: ${out.trim().split('\n').join(', ')}`];
    }),
  );
  return all.flat();
}

const probeName = (host: Host): string => `kha-probe-${host.nodeName.replaceAll(/[^a-z0-9-]/g, '-')}`;

/** A pod on one node that resolves the API service and calls it through its service address. Any image with a shell will do. */
function probePod(cluster: Cluster, host: Host): unknown {
  const name = `kubernetes.default.svc.${cluster.kubernetes.dnsDomain}`;
  const ask = `https://${name}/readyz`;
  const script = `
t=0
until { getent hosts ${name} || nslookup ${name}; } >/dev/null 2>&1 && { curl -fsSk --max-time 3 ${ask} || wget -q -T 3 --no-check-certificate -O- ${ask}; } >/dev/null 2>&1; do
  t=$((t+1)); if [ $t -ge 60 ]; then echo "${name} does not resolve or its service does not answer"; cat /etc/resolv.conf; exit 1; fi
  sleep 0.5
done`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: probeName(host),
      namespace: 'kube-system',
      labels: { 'app.kubernetes.io/managed-by': 'kha', 'app.kubernetes.io/name': 'kha-probe' },
    },
    spec: {
      nodeName: host.nodeName,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      activeDeadlineSeconds: 120,
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'probe',
          image: cluster.loadBalancer.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', script],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}

interface PodList {
  items: {
    metadata: { name: string };
    status: {
      phase: string;
      reason?: string;
      containerStatuses?: { state: { waiting?: { reason: string; message?: string } } }[];
    };
  }[];
}

/** A pod on every worker resolves names and reaches the API service. The pods are removed, however it ends. */
async function probeTroubles(scope: KubeadmScope, master: Session): Promise<void> {
  const { cluster, ports, abort } = scope;
  const on = workers(cluster).length > 0 ? workers(cluster) : masters(cluster);
  const selector = sh`-n kube-system -l app.kubernetes.io/name=kha-probe`;
  const remove = (): Promise<string> =>
    master.read(
      'remove probe pods',
      kubectl(sh`delete pods ${selector} --ignore-not-found --force --grace-period 0 2>/dev/null`),
    );
  await remove();
  try {
    await master.read('start a probe pod on every worker', kubectl(sh`create -f -`), {
      stdin: toYaml(...on.map((h) => probePod(cluster, h))),
    });
    await eventually(ports.clock, abort, {
      what: 'a pod on every worker resolves names and reaches the API service',
      timeoutMs: cluster.timeouts.readyMinutes * 60_000,
      intervalMs: 700,
      code: 'KHA3306',
      troubles: async () => {
        const pods = (
          JSON.parse(await master.read('look at the probe pods', kubectl(sh`get pods ${selector} -o json`))) as PodList
        ).items;
        return on.flatMap((host) => {
          const pod = pods.find((p) => p.metadata.name === probeName(host));
          if (pod?.status.phase === 'Succeeded') return [];
          const waiting = pod?.status.containerStatuses?.[0]?.state.waiting;
          return [
            `${host.name}: ${waiting ? `${waiting.reason} ${waiting.message ?? ''}` : (pod?.status.phase ?? 'not there')}`,
          ];
        });
      },
      explain: async () =>
        (await master.look('why the probes fail', kubectl(sh`logs ${selector} --tail 5 --prefix`))).stdout.split('\n'),
    });
  } finally {
    await remove().catch(() => undefined);
  }
}

/** The last word of an operation: it says healthy only when the cluster does what clusters are for. */
export async function checkHealth(scope: KubeadmScope, hostName: string): Promise<TaskResult> {
  const { cluster, ports, abort } = scope;
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
          nodeTroubles(cluster, master),
          etcdTroubles(cluster, etcd),
          apiTroubles(cluster, scope.session),
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
  if (cluster.network.plugin !== 'none') await probeTroubles(scope, master);
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const through = nodes(cluster).filter((h) => isMaster(cluster, h)).length;
  return {
    changed: false,
    detail: `healthy: ${count(nodes(cluster).length, 'node')} Ready at v${cluster.kubernetes.version}, ${count(cluster.roles.etcd.length, 'etcd member')}, ${count(through, 'API server')}, DNS and services on every worker`,
  };
}
