import type { Container } from 'kubernetes-types/core/v1.d.ts';
import type { Cluster, Host } from '../../cluster/cluster.ts';
import type { StaticPodVolume } from '../../formats/static-pod.ts';

/**
 * A TCP proxy in front of the API servers that kubelet runs as a static pod. It listens at `loadBalancer.port`, and
 * answers 200 to GET /healthz at 127.0.0.1:`loadBalancer.healthPort` while it lives.
 */
export interface LoadBalancer {
  mode: Cluster['loadBalancer']['mode'];
  /** Its configuration on the host. */
  files: (cluster: Cluster, host: Host) => { path: string; text: string }[];
  /** Without volumes and probes, which are the same for all. */
  container: (cluster: Cluster) => Pick<Container, 'image' | 'name' | 'command' | 'resources'>;
  volumes: StaticPodVolume[];
}
