import { KhaError } from '../cluster/error.ts';
import type { Host } from '../cluster/cluster.ts';
import { etcdHosts } from '../cluster/role.ts';
import { sh } from '../formats/sh.ts';
import { etcdConfiguration, etcdPeerUrl } from '../parts/etcd.ts';
import { etcdEffects } from '../steps/etcd.ts';
import { applyEffects } from './apply-effects.ts';
import type { TaskResult } from './contract.ts';
import { diagnose } from './diagnose.ts';
import { etcdctl, etcdTroubles, explainEtcd } from './etcd.ts';
import { answeringMember, type Member, memberOf, membersOf } from './etcd-members.ts';
import { eventually } from './eventually.ts';
import type { Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** Makes the host a voting member. Each try goes on where the last one ended: unknown, added, started, caught up. */
export async function joinEtcd(
  scope: TaskScope,
  hostName: string,
  onDetail: (detail: string) => void,
): Promise<TaskResult> {
  const { cluster, ports, abort } = scope;
  const here = scope.session(hostName);
  const { host } = here;
  const helper = await answeringMember(scope, scope.cluster, [hostName]);
  const members = (): Promise<Member[]> => membersOf(helper);
  const self = async (): Promise<Member | undefined> => memberOf(await members(), host);
  const patience = { timeoutMs: cluster.timeouts.readyMinutes * 60_000, intervalMs: 500 };
  const declared = (list: readonly Member[]): Host[] =>
    etcdHosts(cluster).filter((h) => memberOf(list, h) !== undefined);

  const first = await members();
  let mine = memberOf(first, host);
  if (mine?.name && !mine.isLearner) return { changed: false, detail: 'is a member of etcd' };
  if (!mine) {
    await demandNoData(here, cluster.etcd.dataDir);
    await eventually(ports.clock, abort, {
      ...patience,
      what: 'etcd is healthy before the next member joins',
      code: 'KHA3301',
      troubles: () => etcdTroubles(declared(first), helper),
      explain: () => explainEtcd(cluster, scope.session),
    });
    onDetail('added as a learner');
    await helper.read(
      `add ${host.name} as a learner`,
      etcdctl(['member', 'add', host.nodeName, '--learner', `--peer-urls=${etcdPeerUrl(host)}`]),
    );
  }
  if (!mine?.name) {
    const configuration = etcdConfiguration(cluster, host, 'existing', declared(await members()));
    await applyEffects(here, ports.store, etcdEffects(cluster, host, configuration), onDetail);
  }
  const explain = async (): Promise<string[]> => (await diagnose(here, ['etcd'])).lines;
  await eventually(ports.clock, abort, {
    ...patience,
    what: `the member of etcd on ${host.name} starts`,
    code: 'KHA3312',
    troubles: async () => ((mine = await self())?.name ? [] : ['it has not spoken to the others yet']),
    explain,
  });
  onDetail('catches up');
  await eventually(ports.clock, abort, {
    ...patience,
    what: `the member of etcd on ${host.name} catches up`,
    code: 'KHA3312',
    troubles: async () => {
      if ((await self())?.isLearner === false) return [];
      const promoted = await helper.look(`promote ${host.name}`, etcdctl(['member', 'promote', mine?.id ?? '']));
      return promoted.exitCode === 0 ? [] : [promoted.stderr.trim().split('\n').at(-1) ?? ''];
    },
    explain,
  });
  await eventually(ports.clock, abort, {
    ...patience,
    what: 'etcd is healthy with the new member',
    code: 'KHA3301',
    troubles: async () => etcdTroubles(declared(await members()), helper),
    explain: () => explainEtcd(cluster, scope.session),
  });
  return { changed: true, detail: 'votes in etcd' };
}

/** A member that is added begins with nothing; what lies there belongs to somebody else. */
async function demandNoData(session: Session, directory: string): Promise<void> {
  const { name, address } = session.host;
  const { exitCode } = await session.look('is there data of an etcd', sh`[ ! -e ${`${directory}/member`} ]`);
  if (exitCode === 0) return;
  throw new KhaError(`${directory} on ${name} holds the data of a member that the cluster does not know`, {
    code: 'KHA3313',
    blame: 'host',
    where: name,
    hint: `If nobody needs it: kha start-workflow reset-node --host ${name}=${address}, or move it away; then retry.`,
    final: true,
  });
}
