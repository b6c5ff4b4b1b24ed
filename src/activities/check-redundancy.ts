import { maxUnavailable } from '../cluster/batches.ts';
import { hostNamed } from '../cluster/cluster.ts';
import { etcdHosts, isMaster, isEtcd, isNode, masters, nodes, pillars } from '../cluster/role.ts';
import { ownApiServerReady } from '../parts/own-api-server.ts';
import type { TaskResult } from './contract.ts';
import { etcdTroubles, explainEtcd } from './etcd.ts';
import { answeringMember } from './etcd-members.ts';
import { eventually } from './eventually.ts';
import { readyMaster } from './kubectl.ts';
import { nodeStatuses, nodeTrouble } from './node-status.ts';
import type { TaskScope } from './task-scope.ts';

/**
 * The gate before a host goes: waits until all that others depend on is whole, and of the workers few enough are away. A cluster that has
 * no second of what the host is can't keep it up; that is told and borne.
 */
export async function checkRedundancy(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { ports, cluster, abort, session } = scope;
  await eventually(ports.clock, abort, {
    what: `the cluster can do without ${hostName}`,
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 1000,
    code: 'KHA3331',
    troubles: async () =>
      (await Promise.all([etcdOf(scope), serversOf(scope, hostName), nodesOf(scope, hostName)])).flat(),
    explain: () => explainEtcd(cluster, session),
  });
  const host = hostNamed(cluster, hostName);
  const alone = [
    ...(isMaster(cluster, host) && masters(cluster).length === 1
      ? ['the API is away meanwhile: it is the only master']
      : []),
    ...(isEtcd(cluster, host) && etcdHosts(cluster).length < 3
      ? [`etcd is away meanwhile: it has ${etcdHosts(cluster).length === 1 ? 'one member' : 'two members'}`]
      : []),
  ];
  return { changed: false, detail: alone.length > 0 ? alone.join('; ') : 'the others are whole' };
}

async function etcdOf(scope: TaskScope): Promise<string[]> {
  const { cluster } = scope;
  return unlessSilent(async () => etcdTroubles(etcdHosts(cluster), await answeringMember(scope, cluster)));
}

async function serversOf({ cluster, session }: TaskScope, hostName: string): Promise<string[]> {
  const others = masters(cluster).filter((m) => m.name !== hostName);
  const asked = await Promise.all(
    others.map((master) =>
      unlessSilent(async () => {
        const { exitCode } = await session(master.name).look('is the API server ready', ownApiServerReady(master));
        return exitCode === 0 ? [] : [`the API server of ${master.name} is not ready`];
      }),
    ),
  );
  return asked.flat();
}

async function nodesOf({ cluster, next, session }: TaskScope, hostName: string): Promise<string[]> {
  return unlessSilent(async () => {
    const { nodes: known, now } = await nodeStatuses(await readyMaster(next, session));
    const others = nodes(cluster).filter((h) => h.name !== hostName);
    const depended = pillars(cluster).filter((h) => isNode(cluster, h));
    const troubles = (among: readonly { nodeName: string }[]): string[] =>
      among.flatMap(({ nodeName }) => nodeTrouble(nodeName, known.get(nodeName), now) ?? []);
    const ofPillars = troubles(others.filter((h) => depended.includes(h)));
    if (pillars(cluster).some((h) => h.name === hostName)) return ofPillars;
    const away = troubles(others.filter((h) => !depended.includes(h)));
    const most = maxUnavailable(cluster);
    return away.length < most
      ? ofPillars
      : [...ofPillars, ...away, `of the workers ${most} may be away at once (maintenance.maxUnavailable)`];
  });
}

/** What can't be asked now is a trouble like any other. */
async function unlessSilent(ask: () => Promise<string[]>): Promise<string[]> {
  try {
    return await ask();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
