import { type Cluster, type Host, hostNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { etcdHosts, hasLoadBalancer, isEtcd, isMaster, isNode } from '../cluster/role.ts';
import { type Command, sh } from '../formats/sh.ts';
import { lookScript, readReports } from '../graph/effects/compile.ts';
import { kernelModules } from '../graph/effects/kernel-module.ts';
import { effectKind } from '../graph/effects/registry.ts';
import { sysctl } from '../graph/effects/sysctl.ts';
import { ownApiServerReady } from '../parts/own-api-server.ts';
import { kernelModulesOf, sysctlsOf } from '../parts/kernel-settings.ts';
import type { TaskResult } from './contract.ts';
import { diagnose } from './diagnose.ts';
import { etcdTroubles } from './etcd.ts';
import { eventually } from './eventually.ts';
import { kubectl, readyMaster } from './kubectl.ts';
import { nodeStatuses, nodeTrouble } from './node-status.ts';
import type { Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** Waits until a host does again what its roles ask of it, by what was seen since its last start. */
export async function checkReturn(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { ports, cluster, abort, session } = scope;
  const host = hostNamed(cluster, hostName);
  const here = session(hostName);
  await eventually(ports.clock, abort, {
    what: `${hostName} does its work again`,
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 1000,
    code: 'KHA3334',
    troubles: async () => {
      try {
        return (
          await Promise.all([
            settingsOf(cluster, here),
            answersOf(cluster, host, here),
            isEtcd(cluster, host) ? etcdTroubles(etcdHosts(cluster), here) : [],
            isNode(cluster, host) ? nodeOf(scope, host, here) : [],
          ])
        ).flat();
      } catch (error) {
        if (error instanceof KhaError) return [error.message];
        throw error;
      }
    },
    explain: async () => (await diagnose(here)).lines,
  });
  return { changed: false, detail: isNode(cluster, host) ? 'Ready, with a lease since its start' : 'does its work' };
}

/** Kernel modules and settings that are not in force: a new kernel may lack some. */
async function settingsOf(cluster: Cluster, here: Session): Promise<string[]> {
  const effects = [kernelModules(kernelModulesOf(cluster)), sysctl(sysctlsOf(cluster))];
  const reports = readReports(await here.read('modules and settings of the kernel', lookScript(effects, {})));
  return reports.flatMap(({ index, outcome, state }) => {
    const effect = effects[index];
    return effect && outcome !== 'same' ? [`${effectKind(effect).title(effect)}: ${state}`] : [];
  });
}

/** The host's own load balancer and API server. */
async function answersOf(cluster: Cluster, host: Host, here: Session): Promise<string[]> {
  const health = `http://127.0.0.1:${cluster.loadBalancer.healthPort}/healthz`;
  const asked: [string, Command][] = [
    ...(hasLoadBalancer(cluster, host)
      ? [['the load balancer', sh`curl -fsS --noproxy '*' --max-time 5 -o /dev/null ${health}`] as [string, Command]]
      : []),
    ...(isMaster(cluster, host) ? [['the API server', ownApiServerReady(host)] as [string, Command]] : []),
  ];
  const all = await Promise.all(
    asked.map(async ([what, command]) => ({
      what,
      exitCode: (await here.look(`does ${what} answer`, command)).exitCode,
    })),
  );
  return all.filter(({ exitCode }) => exitCode !== 0).map(({ what }) => `${what} does not answer`);
}

interface Pod {
  metadata: { name: string; annotations?: Record<string, string> };
  status: { containerStatuses?: { name: string; ready: boolean; state: { running?: { startedAt: string } } }[] };
}

/** Its Node, its lease and its static pods, all since the host's start. */
async function nodeOf({ next, session }: TaskScope, { nodeName }: Host, here: Session): Promise<string[]> {
  const [bootId = '', startedAt = ''] = (
    await here.read(
      'boot id and time of the start',
      sh`cat /proc/sys/kernel/random/boot_id; awk -v now="$(date +%s)" '{ print int(now - $1) }' /proc/uptime`,
    )
  ).split('\n');
  const started = Number(startedAt) * 1000;
  const master = await readyMaster(next, session);
  const { nodes, now } = await nodeStatuses(master);
  const node = nodes.get(nodeName);
  const trouble = nodeTrouble(nodeName, node, now);
  if (!node || trouble !== undefined) return [trouble ?? ''];
  if (node.bootId !== bootId) return [`node ${nodeName} is still known as it was before the start`];
  if ((node.renewedAt ?? 0) < started) return [`kubelet of ${nodeName} has not renewed its lease since the start`];
  const pods = JSON.parse(
    await master.read(
      `pods of ${nodeName}`,
      kubectl(sh`get pods -n kube-system --field-selector ${`spec.nodeName=${nodeName}`} -o json`),
      { maxBytes: 16 << 20 },
    ),
  ) as { items: Pod[] };
  return pods.items
    .filter(({ metadata }) => metadata.annotations?.['kubernetes.io/config.source'] === 'file')
    .flatMap(({ metadata: { name }, status: { containerStatuses = [] } }) => {
      const isUp = containerStatuses.every(
        ({ ready, state }) => ready && state.running !== undefined && Date.parse(state.running.startedAt) >= started,
      );
      return isUp && containerStatuses.length > 0 ? [] : [`the static pod ${name} is not ready`];
    });
}
