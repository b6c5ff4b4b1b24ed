import type { Cluster } from '../cluster/cluster.ts';
import { etcdHosts } from '../cluster/role.ts';
import { type Command, sh } from '../formats/sh.ts';
import { eventually } from './eventually.ts';
import type { TaskResult } from './contract.ts';
import type { Ports } from './ports.ts';
import type { Session } from './session.ts';

/** etcdctl inside the etcd container of this host, with the health check's certificate. Addresses as URLs. */
export const etcdctl = (cluster: Cluster, args: Command): Command => {
  const pki = '/etc/kubernetes/pki/etcd';
  const endpoints = etcdHosts(cluster).map((h) => `https://${bracket(h.address)}:2379`);
  return sh`c=$(crictl ps -q --state running --name '^etcd$' | head -n 1); [ -n "$c" ] || { echo 'the etcd container does not run' >&2; exit 1; }
crictl exec "$c" etcdctl --endpoints ${endpoints.join(',')} --cacert ${`${pki}/ca.crt`} --cert ${`${pki}/healthcheck-client.crt`} --key ${`${pki}/healthcheck-client.key`} --command-timeout 5s ${args}`;
};

const bracket = (address: string): string => (address.includes(':') ? `[${address}]` : address);

interface MemberList {
  members: { name?: string; clientURLs?: string[]; isLearner?: boolean }[];
}

interface EndpointStatus {
  Endpoint: string;
  Status: { header: { member_id: number }; leader: number; raftTerm: number; version: string; errors?: string[] };
}

/** What keeps etcd from being healthy, in sentences; empty when it is. Members equal to the declaration, one leader, no alarm. */
export async function etcdTroubles(cluster: Cluster, session: Session): Promise<string[]> {
  const members = await session.look('etcdctl member list', etcdctl(cluster, sh`member list -w json`));
  if (members.exitCode !== 0)
    return [`etcd on ${session.host.name} does not answer: ${members.stderr.trim().split('\n').at(-1) ?? ''}`];
  const troubles: string[] = [];
  const list = (JSON.parse(members.stdout) as MemberList).members;
  const declared = etcdHosts(cluster)
    .map((h) => h.nodeName)
    .sort();
  const present = list.map((m) => m.name ?? '(not started)').sort();
  if (declared.join() !== present.join())
    troubles.push(`members are ${present.join(', ')}, declared are ${declared.join(', ')}`);
  for (const m of list) if (m.isLearner) troubles.push(`${m.name} is still a learner`);
  const status = await session.look('etcdctl endpoint status', etcdctl(cluster, sh`endpoint status -w json`));
  if (status.exitCode !== 0)
    return [...troubles, `not every member answers: ${status.stderr.trim().split('\n').at(-1) ?? ''}`];
  const states = JSON.parse(status.stdout) as EndpointStatus[];
  if (states.length !== declared.length) troubles.push(`${states.length} of ${declared.length} members answer`);
  if (new Set(states.map((s) => s.Status.leader)).size !== 1 || states.some((s) => !s.Status.leader))
    troubles.push('the members do not agree on a leader');
  for (const s of states) for (const e of s.Status.errors ?? []) troubles.push(`${s.Endpoint}: ${e}`);
  const alarms = await session.look('etcdctl alarm list', etcdctl(cluster, sh`alarm list`));
  if (alarms.stdout.trim() !== '') troubles.push(`alarms: ${alarms.stdout.trim()}`);
  return troubles;
}

/** The gate after etcd's start: waits until all members are there and agree. */
export async function checkEtcd(
  ports: Ports,
  session: Session,
  cluster: Cluster,
  abort: AbortSignal,
): Promise<TaskResult> {
  await eventually(ports.clock, abort, {
    what: 'etcd becomes healthy',
    timeoutMs: cluster.timeouts.readyMinutes * 60_000,
    intervalMs: 500,
    code: 'KHA3301',
    troubles: () => etcdTroubles(cluster, session),
    explain: async () =>
      (
        await session.look(
          'why etcd is not healthy',
          sh`crictl logs --tail 10 $(crictl ps -a -q --name '^etcd$' | head -n 1) 2>&1; journalctl -u kubelet -n 5 --no-pager -o cat`,
        )
      ).stdout.split('\n'),
  });
  const members = cluster.roles.etcd.length;
  return {
    changed: false,
    detail: members === 1 ? 'the member is healthy' : `${members} members are healthy and agree`,
  };
}
