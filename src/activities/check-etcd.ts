import { etcdHosts } from '../cluster/role.ts';
import type { TaskResult } from './contract.ts';
import { etcdTroubles, explainEtcd } from './etcd.ts';
import { eventually } from './eventually.ts';
import type { Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** The gate after etcd's start: waits until all members are there and agree. */
export async function checkEtcd(scope: TaskScope, hostName: string): Promise<TaskResult> {
  await untilEtcdAgrees(scope, scope.session(hostName), { what: 'etcd becomes healthy', code: 'KHA3301' });
  const members = scope.cluster.roles.etcd.length;
  return {
    changed: false,
    detail: members === 1 ? 'the member is healthy' : `${members} members are healthy and agree`,
  };
}

/** Waits until all members of etcd are there and agree, as the one on this host knows them. */
export const untilEtcdAgrees = (
  { ports, cluster, session, abort }: TaskScope,
  member: Session,
  { what, code }: { what: string; code: 'KHA3301' | 'KHA3304' },
): Promise<void> =>
  eventually(ports.clock, abort, {
    what,
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 500,
    code,
    troubles: () => etcdTroubles(etcdHosts(cluster), member),
    explain: () => explainEtcd(cluster, session),
  });
