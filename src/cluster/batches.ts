import type { Cluster, Host } from './cluster.ts';
import { pillars, workers } from './role.ts';

/**
 * The order in which hosts go through what takes them away for a while: those that others depend on one by one, in file order, then the
 * workers, of which some may be away at once.
 */
export function batchesOf(cluster: Cluster, hosts: readonly Host[]): Host[][] {
  const alone = pillars(cluster).filter((host) => hosts.includes(host));
  const others = hosts.filter((host) => !alone.includes(host));
  const most = maxUnavailable(cluster);
  const batches = alone.map((host) => [host]);
  for (let i = 0; i < others.length; i += most) batches.push(others.slice(i, i + most));
  return batches;
}

/** How many workers may be away at once: a share is of all of them, rounded down as Kubernetes does, and at least one. */
export function maxUnavailable(cluster: Cluster): number {
  const { maxUnavailable: most } = cluster.maintenance;
  if (typeof most === 'number') return most;
  return Math.max(1, Math.floor((workers(cluster).length * Number.parseInt(most, 10)) / 100));
}
