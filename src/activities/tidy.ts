import { type Cluster, hostNamed } from '../cluster/cluster.ts';
import type { Ports } from './ports.ts';
import { removeJobs } from './remote-job.ts';

/** Removes the finished jobs of this cluster's operations from a host: what they said is in kha's log. */
export async function tidyHost(ports: Ports, cluster: Cluster, host: string): Promise<void> {
  await removeJobs(ports.ssh(cluster.name), hostNamed(cluster, host).connection, `${cluster.name}.`);
}
