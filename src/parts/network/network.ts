import type { Cluster } from '../../cluster/cluster.ts';
import type { DaemonSetName } from '../daemon-set.ts';

/** A pod network. */
export interface Network {
  plugin: Cluster['network']['plugin'];
  /** Images that every node needs. */
  images: (cluster: Cluster) => string[];
  /** Its objects, in the order in which they are applied. */
  manifests: (cluster: Cluster) => unknown[];
  /** Its pods on all nodes that have the cluster's address from their template; absent: none have. */
  daemonSet?: DaemonSetName;
}
