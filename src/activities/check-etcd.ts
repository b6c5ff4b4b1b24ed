import { etcdHosts } from '../cluster/role.ts';
import type { TaskResult } from './contract.ts';
import { etcdTroubles, explainEtcd } from './etcd.ts';
import { eventually } from './eventually.ts';
import type { TaskScope } from './task-scope.ts';

/** The gate after etcd's start: waits until all members are there and agree. */
export async function checkEtcd({ ports, cluster, session, abort }: TaskScope, hostName: string): Promise<TaskResult> {
  const here = session(hostName);
  await eventually(ports.clock, abort, {
    what: 'etcd becomes healthy',
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 500,
    code: 'KHA3301',
    troubles: () => etcdTroubles(etcdHosts(cluster), here),
    explain: () => explainEtcd(cluster, session),
  });
  const members = cluster.roles.etcd.length;
  return {
    changed: false,
    detail: members === 1 ? 'the member is healthy' : `${members} members are healthy and agree`,
  };
}
