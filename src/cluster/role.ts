import { type Cluster, type Host, hostNamed } from './cluster.ts';

export type Role = 'master' | 'worker' | 'etcd' | 'lb';

export const masters = (cluster: Cluster): Host[] => cluster.roles.masters.map((n) => hostNamed(cluster, n));
export const workers = (cluster: Cluster): Host[] => cluster.roles.workers.map((n) => hostNamed(cluster, n));
export const etcdHosts = (cluster: Cluster): Host[] => cluster.roles.etcd.map((n) => hostNamed(cluster, n));
export const lbHosts = (cluster: Cluster): Host[] => cluster.roles.lb.map((n) => hostNamed(cluster, n));
export const isMaster = (cluster: Cluster, host: Host): boolean => cluster.roles.masters.includes(host.name);
export const isWorker = (cluster: Cluster, host: Host): boolean => cluster.roles.workers.includes(host.name);
export const isEtcd = (cluster: Cluster, host: Host): boolean => cluster.roles.etcd.includes(host.name);
export const isLb = (cluster: Cluster, host: Host): boolean => cluster.roles.lb.includes(host.name);

/** Is it a member of the Kubernetes cluster, with a Node object? */
export const isNode = (cluster: Cluster, host: Host): boolean => isMaster(cluster, host) || isWorker(cluster, host);
/** Members of the Kubernetes cluster, in file order. */
export const nodes = (cluster: Cluster): Host[] => cluster.hosts.filter((h) => isNode(cluster, h));
/** Hosts that others depend on, in file order: those with any role but worker. They know each other by name. */
export const pillars = (cluster: Cluster): Host[] =>
  cluster.hosts.filter((h) => isMaster(cluster, h) || isEtcd(cluster, h) || isLb(cluster, h));

export function rolesOf(cluster: Cluster, host: Host): Role[] {
  const roles: Role[] = [];
  if (isMaster(cluster, host)) roles.push('master');
  if (isWorker(cluster, host)) roles.push('worker');
  if (isEtcd(cluster, host)) roles.push('etcd');
  if (isLb(cluster, host)) roles.push('lb');
  return roles;
}

/** Node-local mode: no lb group and no external address, so every node runs its own proxy on 127.0.0.1. */
export const isLocalLoadBalancer = (cluster: Cluster): boolean => cluster.loadBalancer.address === undefined;

/** Does a proxy that kha installs run there? */
export const hasLoadBalancer = (cluster: Cluster, host: Host): boolean =>
  isLb(cluster, host) || (isLocalLoadBalancer(cluster) && isNode(cluster, host));
