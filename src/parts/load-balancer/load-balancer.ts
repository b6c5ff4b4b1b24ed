import type { Container } from 'kubernetes-types/core/v1.d.ts';
import type { Cluster, Host } from '../../cluster/cluster.ts';
import type { StaticPodVolume } from '../../formats/static-pod.ts';

/**
 * A TCP proxy in front of the API servers that kubelet runs as a static pod. It listens at `loadBalancer.port`, and
 * answers at 127.0.0.1:`loadBalancer.healthPort`: 200 to GET /healthz while it lives, and to GET /configuration which one it
 * serves with.
 */
export interface LoadBalancer {
  mode: Cluster['loadBalancer']['mode'];
  /** Its configuration on the host. */
  files: (cluster: Cluster, host: Host) => { path: string; text: string }[];
  /** What /configuration answers once it serves with these files. */
  serves: (cluster: Cluster, host: Host) => string;
  /** Commands in its container, one after another: the program judges its files, and takes them up without dropping connections. */
  reload: string[][];
  /** Without volumes and probes, which are the same for all. */
  container: (cluster: Cluster) => Pick<Container, 'image' | 'name' | 'command' | 'resources'>;
  volumes: StaticPodVolume[];
}
