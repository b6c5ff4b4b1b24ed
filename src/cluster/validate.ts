import { type Available, AVAILABLE } from './available.ts';
import { checkApprovals } from './checks/approvals.ts';
import { checkHosts } from './checks/hosts.ts';
import { checkKernel } from './checks/kernel.ts';
import { checkLoadBalancer } from './checks/load-balancer.ts';
import { checkNetworks } from './checks/networks.ts';
import { checkRoles } from './checks/roles.ts';
import { checkSchedules } from './checks/schedules.ts';
import { checkSettings } from './checks/settings.ts';
import type { Cluster } from './cluster.ts';
import type { Issue } from './issue.ts';

/**
 * What is wrong in a cluster as a whole, beyond the form of single values: everything at once, in no order. Paths are
 * those of the cluster file. No error means that kha may start.
 */
export function validateCluster(cluster: Cluster, available: Available = AVAILABLE): Issue[] {
  return [
    ...checkApprovals(cluster),
    ...checkHosts(cluster),
    ...checkRoles(cluster),
    ...checkNetworks(cluster),
    ...checkLoadBalancer(cluster),
    ...checkSettings(cluster, available),
    ...checkSchedules(cluster),
    ...checkKernel(cluster),
  ];
}
