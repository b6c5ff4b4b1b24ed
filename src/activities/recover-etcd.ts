import { type Cluster, type Host, hostNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { hasLeader, isFromSnapshot } from '../cluster/etcd-recovery.ts';
import { etcdHosts } from '../cluster/role.ts';
import { images } from '../graph/effects/image.ts';
import { etcdConfiguration } from '../parts/etcd.ts';
import { formerDataAside, snapshotRestored } from '../parts/etcd-data.ts';
import { etcdEffects, etcdStopped } from '../steps/etcd.ts';
import { applyEffects } from './apply-effects.ts';
import type { TaskResult } from './contract.ts';
import { diagnose } from './diagnose.ts';
import { etcdctl } from './etcd.ts';
import { answeringMember, type Member, memberOf, membersOf } from './etcd-members.ts';
import { eventually } from './eventually.ts';
import { joinEtcd } from './join-etcd.ts';
import type { Reader, Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** Longer than any election: etcd's own take a second or two, also where its timeouts were made longer for slow disks. */
const WATCH_MS = 15_000;

interface OwnStatus {
  Status: { header: { revision: number }; leader: number };
}

/** What the member on this host tells of itself, quorum or not; a sentence where it does not answer. */
export async function ownStatus(reader: Reader): Promise<{ leads: boolean; revision: number } | string> {
  const result = await reader.look('state of the own member', etcdctl(['endpoint', 'status', '-w', 'json']));
  const line = result.stdout.split('\n').find((text) => text.startsWith('['));
  const [own] = line === undefined ? [] : (JSON.parse(line) as OwnStatus[]);
  if (!own) return result.stderr.trim().split('\n').at(-1) ?? 'it does not answer';
  return { leads: Boolean(own.Status.leader), revision: own.Status.header.revision };
}

/** Members that vote for hosts which the declaration has no more. */
export const strangersIn = (cluster: Cluster, members: readonly Member[]): string[] =>
  members
    .filter((m) => !etcdHosts(cluster).some((host) => memberOf([m], host)))
    .map((m) => m.name || m.peerUrls.join());

export const decidesYet = (strangers: readonly string[]): KhaError =>
  new KhaError('etcd has its quorum: there is nothing to recover', {
    code: 'KHA3315',
    blame: 'cluster',
    hint:
      strangers.length === 0
        ? 'End the operation (kha abort). Nothing was touched.'
        : `${strangers.join(', ')} can be removed in order, dead or alive: kha start-workflow remove-node --host …`,
    final: true,
  });

/** Makes sure that no leader comes back. Throws KHA3315 where there is one, save for the one that a former recovery made. */
export async function confirmEtcdLost(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { cluster, facts, ports, abort, session } = scope;
  const here = session(hostName);
  const end = ports.clock.now() + WATCH_MS;
  for (;;) {
    const status = await ownStatus(here);
    if (typeof status !== 'string' && status.leads) {
      const strangers = strangersIn(cluster, await membersOf(here));
      if (strangers.length > 0 || !hasLeader(cluster, facts)) throw decidesYet(strangers);
      return { changed: false, detail: 'etcd has a leader' };
    }
    abort.throwIfAborted();
    if (ports.clock.now() >= end)
      return {
        changed: false,
        detail: typeof status === 'string' ? 'no leader' : `no leader; revision ${status.revision} is the newest`,
      };
    await ports.clock.sleep(1_000, abort);
  }
}

/** The member on this host forgets all others. Each try goes on where the last one ended. */
export async function recoverEtcd(
  scope: TaskScope,
  hostName: string,
  onDetail: (detail: string) => void,
): Promise<TaskResult> {
  const { cluster, facts, ports, abort, session } = scope;
  const here = session(hostName);
  const { host } = here;
  const become = async (
    part: string,
    declared: Cluster,
    what: string,
    troubles: () => Promise<string[]>,
  ): Promise<TaskResult> => {
    const configuration = etcdConfiguration(declared, host, 'existing');
    const result = await applyEffects(here, ports.store, etcdEffects(declared, host, configuration), onDetail, part);
    await eventually(ports.clock, abort, {
      what,
      timeoutMs: cluster.timeouts.readyMinutes * 60_000,
      intervalMs: 500,
      code: 'KHA3301',
      troubles,
      explain: async () => (await diagnose(here, ['etcd'])).lines,
    });
    return result;
  };
  const led = async (): Promise<string[]> => {
    const status = await ownStatus(here);
    return typeof status === 'string' ? [status] : status.leads ? [] : ['it has no leader'];
  };
  const wasLost = (await led()).length > 0;
  if (wasLost && isFromSnapshot(cluster, facts)) {
    onDetail('restores the snapshot');
    await applyEffects(
      here,
      ports.store,
      [images([cluster.etcd.image]), ...etcdStopped(cluster), snapshotRestored(cluster, host)],
      onDetail,
      'restore',
    );
  } else if (wasLost) {
    onDetail('forgets the others');
    await become('alone', alone(cluster), `etcd on ${hostName} goes on alone`, async () => {
      const troubles = await led();
      if (troubles.length > 0) return troubles;
      const others = (await membersOf(here)).filter((m) => !memberOf([m], host));
      return others.map((m) => `it still has the member ${m.name}`);
    });
  }
  // Started once more, so that no restart makes it forget those who join from now on.
  const { changed } = await become('member', cluster, `etcd on ${hostName} has a leader`, led);
  return { changed: wasLost || changed, detail: changed ? 'decides alone' : 'has a leader' };
}

/** With `--force-new-cluster`: a member that has data forgets the others when it starts, and all that they had not agreed on. */
const alone = (cluster: Cluster): Cluster => ({
  ...cluster,
  etcd: { ...cluster.etcd, extraArgs: { ...cluster.etcd.extraArgs, 'force-new-cluster': 'true' } },
});

/** Joins again as an empty member whoever the others do not know any more. */
export async function rejoinEtcd(
  scope: TaskScope,
  hostName: string,
  onDetail: (detail: string) => void,
): Promise<TaskResult> {
  const { cluster, ports, session } = scope;
  const helper: Session = await answeringMember(scope, cluster, [hostName]);
  const host: Host = hostNamed(cluster, hostName);
  if (!memberOf(await membersOf(helper), host)) {
    onDetail('puts its former data aside');
    await applyEffects(
      session(hostName),
      ports.store,
      [...etcdStopped(cluster), formerDataAside(cluster)],
      onDetail,
      'aside',
    );
  }
  return joinEtcd(scope, hostName, onDetail);
}
