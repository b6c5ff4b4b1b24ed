import type { Cluster, Host } from '../cluster/cluster.ts';
import { masters, workers } from '../cluster/role.ts';
import { sh } from '../formats/sh.ts';
import { toYaml } from '../formats/yaml.ts';
import { eventually } from './eventually.ts';
import type { TaskScope } from './task-scope.ts';
import { kubectl } from './kubectl.ts';
import type { Session } from './session.ts';

/** How long one look waits; between looks an abort is heard. */
const WAIT_SECONDS = 10;

const probeName = (host: Host): string => `kha-probe-${host.nodeName.replaceAll(/[^a-z0-9-]/g, '-')}`;

/**
 * A pod on one node that resolves the API service and calls it through its service address. Any image with a shell will do that has curl,
 * wget or bash: Envoy's has the last alone.
 */
function probePod(cluster: Cluster, host: Host): unknown {
  const name = `kubernetes.default.svc.${cluster.kubernetes.dnsDomain}`;
  const ask = `https://${name}/readyz`;
  const script = `
t=0
ask() {
  if command -v curl; then curl -fsSk --max-time 3 ${ask}
  elif command -v wget; then wget -q -T 3 --no-check-certificate -O- ${ask}
  else timeout 3 bash -c ': </dev/tcp/${name}/443'; fi
}
until { getent hosts ${name} || nslookup ${name}; } >/dev/null 2>&1 && ask >/dev/null 2>&1; do
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
      // DNS may come a moment later: kubelet tries again.
      restartPolicy: 'OnFailure',
      terminationGracePeriodSeconds: 0,
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

/** A pod on every worker that the operation is for resolves names and reaches the API service. The pods are removed, however it ends. */
export async function probePods(scope: TaskScope, master: Session): Promise<void> {
  const { cluster, targets, ports, abort } = scope;
  const all = workers(cluster).length > 0 ? workers(cluster) : masters(cluster);
  const on = all.filter((host) => targets.includes(host));
  if (on.length === 0) return;
  const selector = sh`-n kube-system -l app.kubernetes.io/name=kha-probe`;
  const remove = sh`delete pods ${selector} --ignore-not-found --force --grace-period 0`;
  try {
    // What a killed run left has the same names: away with it first, in the same round trip.
    const inTime = { seconds: 30 + on.length };
    const renew = sh`${kubectl(remove, inTime)} && ${kubectl(sh`create -f -`, inTime)}`;
    await master.read('start a probe pod on every worker', renew, {
      timeoutMs: 2000 * inTime.seconds,
      stdin: toYaml(...on.map((h) => probePod(cluster, h))),
    });
    await eventually(ports.clock, abort, {
      what: 'a pod on every worker resolves names and reaches the API service',
      timeoutMs: cluster.timeouts.readyMinutes * 60_000,
      intervalMs: 300,
      code: 'KHA3306',
      troubles: async () => {
        const wait = sh`wait pods ${selector} --for=${'jsonpath={.status.phase}=Succeeded'} --timeout ${`${WAIT_SECONDS}s`}`;
        const waited = await master.look(
          'wait for the probe pods',
          sh`kubectl --kubeconfig /etc/kubernetes/admin.conf ${wait}`,
        );
        if (waited.exitCode === 0) return [];
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
    await master.look('remove the probe pods', kubectl(sh`${remove} --wait=false`)).catch(() => undefined);
  }
}
