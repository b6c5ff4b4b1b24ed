import type { Cluster } from '../../cluster/cluster.ts';
import type { Facts } from '../../cluster/facts.ts';

/** What differs between operating systems. */
export interface OperatingSystem {
  id: string;
  matches: (facts: Facts) => boolean;
  /** Packages that a node can't do without; what an administrator likes to have is the cluster file's `packages.extra`. */
  basePackages: (cluster: Cluster) => string[];
  /** Units of firewalls that it may come with, which know nothing of pods. */
  firewallUnits: string[];
}
