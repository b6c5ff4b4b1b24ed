import type { Cluster, Host } from './cluster.ts';
import { KhaError } from './error.ts';
import type { FactsByHost } from './facts.ts';
import { etcdHosts } from './role.ts';

/** Does a member of etcd that answers know a leader? Without one nothing can be written. */
export const hasLeader = (cluster: Cluster, facts: FactsByHost): boolean =>
  etcdHosts(cluster).some(({ name }) => facts[name]?.etcd?.member?.hasLeader);

/**
 * The member that etcd goes on from: one that knows a leader, else the one with the newest keys, the first of equals. `undefined` where
 * none runs.
 */
export function survivorOf(cluster: Cluster, facts: FactsByHost): Host | undefined {
  const rank = ({ name }: Host): number => {
    const member = facts[name]?.etcd?.member;
    return member === undefined ? -1 : member.hasLeader ? Number.POSITIVE_INFINITY : member.revision;
  };
  const running = etcdHosts(cluster).filter((host) => rank(host) >= 0);
  return running.toSorted((a, b) => rank(b) - rank(a) || 0)[0];
}

/** Throws KHA3316 and KHA3317 where facts say that the cluster can't be recovered without these hosts. */
export function demandRecoverable(cluster: Cluster, facts: FactsByHost, lost: readonly string[]): void {
  const alive = lost.filter((name) => {
    const found = facts[name];
    return found && (found.kubernetes.joined || found.etcd || found.kubernetes.manifests.length > 0);
  });
  if (alive.length > 0)
    throw new KhaError(
      `${alive.join(', ')} ${alive.length === 1 ? 'answers' : 'answer'}, and still ${alive.length === 1 ? 'has' : 'have'} the cluster on it`,
      {
        code: 'KHA3317',
        blame: 'cluster',
        where: alive[0] ?? '',
        hint: 'Leave them out of --lost: etcd goes on from the member with the newest keys, and the others join it again. Or power them off, for good.',
        final: true,
      },
    );
  if (survivorOf(cluster, facts)) return;
  throw new KhaError('no member of etcd runs from which the cluster could be recovered', {
    code: 'KHA3316',
    blame: 'cluster',
    hint: `Asked were ${cluster.roles.etcd.join(', ')}. Start kubelet there (systemctl start kubelet) and see why etcd does not run: crictl ps -a; crictl logs. It must run, it need not be healthy.`,
    final: true,
  });
}
