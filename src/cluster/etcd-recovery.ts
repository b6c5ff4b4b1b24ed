import type { Cluster, Host } from './cluster.ts';
import { KhaError } from './error.ts';
import type { Facts, FactsByHost } from './facts.ts';
import { etcdSnapshot } from './paths.ts';
import { etcdHosts } from './role.ts';

/** Does a member of etcd that answers know a leader? Without one nothing can be written. */
export const hasLeader = (cluster: Cluster, facts: FactsByHost): boolean =>
  etcdHosts(cluster).some(({ name }) => facts[name]?.etcd?.member?.hasLeader);

/**
 * The host that etcd goes on from: one whose member knows a leader, else the one with the newest keys, the first of equals. Where no
 * member runs, the one with the newest snapshot. `undefined` where there is none of it.
 */
export function survivorOf(cluster: Cluster, facts: FactsByHost): Host | undefined {
  const newest = (rank: (etcd: NonNullable<Facts['etcd']>) => number | undefined): Host | undefined => {
    const ranked = etcdHosts(cluster).flatMap((host) => {
      const etcd = facts[host.name]?.etcd;
      const value = etcd && rank(etcd);
      return value === undefined ? [] : [{ host, value }];
    });
    // Infinity less Infinity is no number.
    return ranked.toSorted((a, b) => b.value - a.value || 0)[0]?.host;
  };
  return (
    newest(({ member }) => (member?.hasLeader ? Number.POSITIVE_INFINITY : member?.revision)) ??
    newest(({ snapshot }) => snapshot)
  );
}

/** Does etcd go on from a snapshot, since no member runs? */
export const isFromSnapshot = (cluster: Cluster, facts: FactsByHost): boolean => {
  const survivor = survivorOf(cluster, facts);
  return survivor !== undefined && facts[survivor.name]?.etcd?.member === undefined;
};

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
    hint: `Asked were ${cluster.roles.etcd.join(', ')}. Start kubelet there (systemctl start kubelet) and see why etcd does not run: crictl ps -a; crictl logs. It must run, it need not be healthy. Where all data is lost: lay a snapshot on one of them, as ${etcdSnapshot(cluster.etcd.dataDir)}.`,
    final: true,
  });
}
