import type { Cluster, Host } from './cluster.ts';
import { pillars } from './role.ts';

/**
 * The order in which hosts go through what takes them away for a while: those that others depend on one by one, in file order, then the
 * workers, of which some may be away at once.
 */
export function batchesOf(cluster: Cluster, hosts: readonly Host[]): Host[][] {
  const alone = pillars(cluster).filter((host) => hosts.includes(host));
  const others = hosts.filter((host) => !alone.includes(host));
  return [...alone, ...others].map((host) => [host]);
}
