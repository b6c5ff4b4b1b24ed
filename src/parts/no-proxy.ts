import type { Cluster, Host } from '../cluster/cluster.ts';

/**
 * Whom the container runtime of a host reaches without the proxy: itself, the cluster's networks and address, hosts of the cluster that
 * a registry is on, and what the file names. Of the others it wants nothing, so that one which comes or goes is not its business.
 */
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
    ...registryHosts(cluster),
    host.address,
    ...cluster.proxy.no,
  ]),
];

/** Hosts of the cluster that have a registry, as its name or an endpoint calls them. */
function registryHosts(cluster: Cluster): string[] {
  const known = new Set(cluster.hosts.flatMap(({ name, nodeName, address }) => [name, nodeName, address]));
  return cluster.runtime.registries
    .flatMap(({ name, endpoints }) => [`http://${name}`, ...endpoints])
    .map((url) => (URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : ''))
    .filter((name) => known.has(name));
}
