import type { Cluster } from './cluster.ts';
import type { Issue } from './issue.ts';

/** What is wrong in a cluster as a whole; paths are those of the cluster file. Pure. */
export function validateCluster(_cluster: Cluster): Issue[] {
  return [];
}
