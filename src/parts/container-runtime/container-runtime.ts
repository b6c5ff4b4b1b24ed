import type { Cluster, Host } from '../../cluster/cluster.ts';

export interface RuntimeFile {
  path: string;
  text: string;
  /** The runtime reads it at its start only. */
  restarts: boolean;
}

/** What runs containers on a host, spoken to by the CRI. */
export interface ContainerRuntime {
  kind: Cluster['runtime']['kind'];
  /** Its systemd unit. */
  unit: string;
  packages: (cluster: Cluster) => { name: string; version?: string }[];
  files: (cluster: Cluster, host: Host) => RuntimeFile[];
}
