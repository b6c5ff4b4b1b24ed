import type { Cluster } from './cluster.ts';

/** What one operation is told over the sections of the declaration that have the same names. */
export interface Settings {
  drain?: Partial<Cluster['drain']>;
  maintenance?: Partial<Cluster['maintenance']>;
  kernel?: Partial<Cluster['kernel']>;
}

export const withSettings = (cluster: Cluster, { drain, maintenance, kernel }: Settings = {}): Cluster => ({
  ...cluster,
  drain: { ...cluster.drain, ...drain },
  maintenance: { ...cluster.maintenance, ...maintenance },
  kernel: { ...cluster.kernel, ...kernel },
});
