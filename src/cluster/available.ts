import type { Cluster } from './cluster.ts';

/** What this version of kha can install, of what a cluster file can name. Add a word here with the part. */
export interface Available {
  loadBalancers: readonly Cluster['loadBalancer']['mode'][];
  /** Load balancer hosts that carry a virtual address. */
  virtualAddress: boolean;
  networks: readonly Cluster['network']['plugin'][];
  addons: readonly (keyof Cluster['addons'])[];
}

export const AVAILABLE: Available = {
  loadBalancers: ['nginx', 'haproxy', 'envoy', 'openresty', 'slb'],
  virtualAddress: true,
  networks: ['flannel', 'none'],
  addons: [],
};
