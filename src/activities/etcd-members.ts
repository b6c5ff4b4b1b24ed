import type { Cluster, Host } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { etcdHosts } from '../cluster/role.ts';
import { etcdPeerUrl } from '../parts/etcd.ts';
import { etcdctl } from './etcd.ts';
import type { Reader, Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** As etcd itself knows it. */
export interface Member {
  /** In hexadecimal digits: more than a number of JavaScript holds. */
  id: string;
  /** Empty until it has started. */
  name: string;
  peerUrls: string[];
  clientUrls: string[];
  isLearner: boolean;
}

/** `member list` in etcdctl's simple format: id, state, name, peer URLs, client URLs, learner. */
export const parseMembers = (text: string): Member[] =>
  text
    .split('\n')
    .filter((line) => line.includes(', '))
    .map((line) => {
      const [id = '', , name = '', peers = '', clients = '', learner] = line.split(', ').map((word) => word.trim());
      return {
        id,
        name,
        peerUrls: peers.split(','),
        clientUrls: clients.split(',').filter(Boolean),
        isLearner: learner === 'true',
      };
    });

const LIST = etcdctl(['member', 'list', '-w', 'simple']);

export const membersOf = async (session: Reader): Promise<Member[]> =>
  parseMembers(await session.read('members of etcd', LIST));

export const memberOf = (members: readonly Member[], host: Host): Member | undefined =>
  members.find((m) => m.peerUrls.includes(etcdPeerUrl(host)));

/** A member of `cluster`, on none of the hosts `except`, that knows the others; KHA3301 when none answers. */
export async function answeringMember(
  { facts, session }: TaskScope,
  cluster: Cluster,
  except: readonly string[] = [],
): Promise<Session> {
  const reasons: string[] = [];
  for (const { name } of etcdHosts(cluster)) {
    if (except.includes(name) || !facts[name]) continue;
    try {
      const candidate = session(name);
      const result = await candidate.look(`does etcd on ${name} answer`, LIST);
      if (result.exitCode === 0) return candidate;
      reasons.push(`${name}: ${result.stderr.trim().split('\n').at(-1) ?? ''}`);
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new KhaError('no member of etcd answers', { code: 'KHA3301', blame: 'cluster', lastLines: reasons });
}
