import type { Cluster } from '../../cluster/cluster.ts';

/** A pod network. */
export interface Network {
  plugin: Cluster['network']['plugin'];
  /** Images that every node needs. */
  images: (cluster: Cluster) => string[];
  /** Its objects, in the order in which they are applied. */
  manifests: (cluster: Cluster) => unknown[];
}
