import type { Cluster } from './cluster.ts';

/** What this version of kha can install, of what a cluster file can name. Add a word here with the part. */
export interface Available {
  loadBalancers: readonly Cluster['loadBalancer']['mode'][];
  /** Load balancer hosts that carry a virtual address. */
  virtualAddress: boolean;
  networks: readonly Cluster['network']['plugin'][];
  addons: readonly (keyof Cluster['addons'])[];
}

/** Operations that a schedule may start, and those of them that may be for some hosts alone; operations/registry says the same. */
const scheduled = ['init-cluster', 'kernel-upgrade', 'reboot', 'renew-certificates'] as const;
const ON_SOME_HOSTS: readonly string[] = ['kernel-upgrade', 'reboot', 'renew-certificates'];
export const isOnSomeHosts = (operation: string): boolean => ON_SOME_HOSTS.includes(operation);

export const AVAILABLE: Available & { scheduled: typeof scheduled } = {
  scheduled,
  loadBalancers: ['nginx', 'haproxy', 'envoy', 'openresty', 'slb'],
  virtualAddress: true,
  networks: ['flannel', 'none'],
  addons: [],
};
