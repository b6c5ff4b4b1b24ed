import type { Cluster } from '../cluster/cluster.ts';

/** Whom a host reaches without the proxy: itself, the cluster's networks and hosts, and what the file names. */
export const noProxyOf = (cluster: Cluster): string[] => [
  ...new Set([
    'localhost',
    '127.0.0.1',
    '::1',
    '.svc',
    `.${cluster.kubernetes.dnsDomain}`,
    cluster.kubernetes.podSubnet,
    cluster.kubernetes.serviceSubnet,
    ...(cluster.loadBalancer.address === undefined ? [] : [cluster.loadBalancer.address]),
    ...cluster.hosts.map((host) => host.address),
    ...cluster.proxy.no,
  ]),
];
