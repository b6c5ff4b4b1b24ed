import type { Host } from '../cluster/cluster.ts';
import { hasLeader, survivorOf } from '../cluster/etcd-recovery.ts';
import { etcdHosts } from '../cluster/role.ts';
import { type PlanContext, step } from '../graph/step.ts';

/** Is it the member that etcd goes on from? A plan that is made without a look at the hosts takes the first. */
export const isSurvivor = ({ cluster, facts }: PlanContext, host: Host): boolean =>
  (survivorOf(cluster, facts) ?? etcdHosts(cluster)[0]) === host;

export const unlessSurvivor = (context: PlanContext, host: Host): string | false =>
  !isSurvivor(context, host) && 'another member has the newest keys';

/** Where etcd decides, nothing has to stop for it. */
export const whileEtcdDecides = ({ cluster, facts }: PlanContext): string | false =>
  hasLeader(cluster, facts) && 'etcd has a leader';

export const etcdLost = step({
  id: 'etcd-lost',
  title: 'etcd has lost its quorum',
  why: 'Members that only wait for an election must not be taken apart. The member with the newest keys is watched for a while first.',
  hosts: etcdHosts,
  skipWhen: unlessSurvivor,
  activity: 'confirmEtcdLost',
  policy: 'conversation',
});
