import type { Cluster, Host } from '../cluster/cluster.ts';
import { etcdEndpointsOf } from '../cluster/endpoint.ts';
import { PKI_DIR } from '../cluster/paths.ts';
import { etcdHosts } from '../cluster/role.ts';
import { type Command, sh } from '../formats/sh.ts';
import { ownContainer } from '../parts/own-container.ts';
import { diagnose } from './diagnose.ts';
import type { Session } from './session.ts';

/** In the container of this host's member, with the health check's certificate. */
const container = sh`c=$(${ownContainer('etcd')}); [ -n "$c" ] || { echo 'the etcd container does not run' >&2; exit 1; }`;
const certificate = sh`--cacert ${`${PKI_DIR}/etcd/ca.crt`} --cert ${`${PKI_DIR}/etcd/healthcheck-client.crt`} --key ${`${PKI_DIR}/etcd/healthcheck-client.key`} --command-timeout 5s`;

/** etcdctl, asking the member on the same host. */
export const etcdctl = (words: readonly string[]): Command =>
  sh`${container}
crictl exec "$c" etcdctl --endpoints https://127.0.0.1:2379 ${certificate} ${words}`;

/** Asks etcd on this host three things side by side: its members, the state of each endpoint, its alarms. Each line begins with what it answers. */
const questions = (members: readonly Host[]): Command =>
  sh`${container}
ask() { w=$1; shift; crictl exec "$c" etcdctl --endpoints ${etcdEndpointsOf(members).join(',')} ${certificate} "$@" | sed "s/^/$w /"; }
ask members member list -w json & ask status endpoint status -w json & ask alarm alarm list & wait`;

interface MemberList {
  members: { name?: string; clientURLs?: string[]; isLearner?: boolean }[];
}

interface EndpointStatus {
  Endpoint: string;
  Status: { header: { member_id: number }; leader: number; raftTerm: number; version: string; errors?: string[] };
}

/** What keeps etcd from being healthy, in sentences; empty when it is. Its members are these and no others, one leader, no alarm. */
export async function etcdTroubles(expected: readonly Host[], session: Session): Promise<string[]> {
  const { stdout, stderr } = await session.look('members, endpoints and alarms of etcd', questions(expected));
  const answers = (word: string): string[] =>
    stdout.split('\n').flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  const why = stderr.trim().split('\n').at(-1) ?? '';
  const [members] = answers('members');
  if (members === undefined) return [`etcd on ${session.host.name} does not answer: ${why}`];
  const troubles: string[] = [];
  const list = (JSON.parse(members) as MemberList).members;
  const declared = expected.map((h) => h.nodeName).sort();
  const present = list.map((m) => m.name ?? '(not started)').sort();
  if (declared.join() !== present.join())
    troubles.push(`members are ${present.join(', ')}, declared are ${declared.join(', ')}`);
  for (const m of list) if (m.isLearner) troubles.push(`${m.name} is still a learner`);
  const [status] = answers('status');
  if (status === undefined) return [...troubles, `not every member answers: ${why}`];
  const states = JSON.parse(status) as EndpointStatus[];
  if (states.length !== declared.length) troubles.push(`${states.length} of ${declared.length} members answer`);
  if (new Set(states.map((s) => s.Status.leader)).size !== 1 || states.some((s) => !s.Status.leader))
    troubles.push('the members do not agree on a leader');
  for (const s of states) for (const e of s.Status.errors ?? []) troubles.push(`${s.Endpoint}: ${e}`);
  const alarms = answers('alarm');
  if (alarms.length > 0) troubles.push(`alarms: ${alarms.join(', ')}`);
  return troubles;
}

/** Why etcd is not healthy, from the hosts of its members: those where something does not run, else the first. */
export async function explainEtcd(cluster: Cluster, session: (host: string) => Session): Promise<string[]> {
  const all = await Promise.all(etcdHosts(cluster).map((host) => diagnose(session(host.name), ['etcd'])));
  const ill = all.filter((found) => found.isIll);
  return (ill.length > 0 ? ill : all.slice(0, 1)).flatMap(({ lines }) => lines);
}
