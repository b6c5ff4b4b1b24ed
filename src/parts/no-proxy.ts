import type { Cluster, Host } from '../cluster/cluster.ts';
import { pillars } from '../cluster/role.ts';

/** Whom a host reaches without the proxy: itself, the cluster's networks and those that all depend on, and what the file names. */
export const noProxyOf = (cluster: Cluster, host: Host): string[] => [
  ...new Set([
    'localhost',
    '127.0.0.1',
    '::1',
    '.svc',
    `.${cluster.kubernetes.dnsDomain}`,
    cluster.kubernetes.podSubnet,
    cluster.kubernetes.serviceSubnet,
    ...(cluster.loadBalancer.address === undefined ? [] : [cluster.loadBalancer.address]),
    ...pillars(cluster).map((pillar) => pillar.address),
    host.address,
    ...cluster.proxy.no,
  ]),
];
