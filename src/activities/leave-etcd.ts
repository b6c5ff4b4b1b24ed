import { hostNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import type { TaskResult } from './contract.ts';
import { etcdctl } from './etcd.ts';
import { answeringMember, memberOf, membersOf } from './etcd-members.ts';
import { eventually } from './eventually.ts';
import type { TaskScope } from './task-scope.ts';

/** Takes the vote of a member that leaves, dead or alive. Throws KHA3314 where those that stay could decide nothing. */
export async function leaveEtcd(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { cluster, next, ports, abort } = scope;
  const helper = await answeringMember(scope, next);
  const members = await membersOf(helper);
  const mine = memberOf(members, hostNamed(cluster, hostName));
  if (!mine) return { changed: false, detail: 'is no member of etcd any more' };

  // It fails where one does not answer, and tells of those that do.
  const { stdout } = await helper.look(
    'which members answer',
    etcdctl(['endpoint', 'status', '--cluster', '-w', 'simple']),
  );
  const answering = new Set(stdout.split('\n').map((line) => line.split(',')[0]?.trim() ?? ''));
  const staying = members.filter((m) => m !== mine && !m.isLearner);
  const silent = staying.filter((m) => !m.clientUrls.some((url) => answering.has(url)));
  const quorum = Math.floor(staying.length / 2) + 1;
  if (staying.length - silent.length < quorum) {
    const names = silent.map((m) => m.name || m.peerUrls.join()).join(', ');
    throw new KhaError(
      `without ${hostName} etcd would have ${staying.length} members, of which ${quorum} must answer, and ${staying.length - silent.length} do`,
      {
        code: 'KHA3314',
        blame: 'cluster',
        where: hostName,
        hint: `Silent: ${names}. Bring them back, then retry; or abort, and remove them first: kha start-workflow remove-node --host …`,
        final: true,
      },
    );
  }
  await helper.read(`remove ${hostName} from etcd`, etcdctl(['member', 'remove', mine.id]));
  await eventually(ports.clock, abort, {
    what: `etcd goes on without ${hostName}`,
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 500,
    code: 'KHA3301',
    troubles: async () => {
      const health = await helper.look('is etcd healthy', etcdctl(['endpoint', 'health']));
      return health.exitCode === 0 ? [] : [health.stderr.trim().split('\n').at(-1) ?? ''];
    },
  });
  return { changed: true, detail: 'has no vote in etcd any more' };
}
