import type { Cluster } from './cluster.ts';
import type { FactsByHost } from './facts.ts';
import { masters } from './role.ts';

/** Is there a cluster on these hosts? A master that could not be read may have one. */
export const isStanding = (cluster: Cluster, facts: FactsByHost): boolean =>
  masters(cluster).some(({ name }) => facts[name]?.kubernetes.joined !== false);
