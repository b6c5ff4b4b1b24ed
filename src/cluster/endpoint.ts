import { nthAddress, parseCidr } from './cidr.ts';
import type { Cluster, Host } from './cluster.ts';
import { etcdHosts } from './role.ts';

/** Port of every API server; kubeadm's default, part of no setting. */
export const API_SERVER_PORT = 6443;

/** `10.0.0.1:6443` or `[fd00::1]:6443`. */
export const hostPort = (address: string, port: number): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** What kubeadm calls controlPlaneEndpoint: where all nodes find the API. */
export const controlPlaneEndpoint = ({ loadBalancer: { address, port } }: Cluster): string =>
  hostPort(address ?? '127.0.0.1', port);

/** Client URLs of members. */
export const etcdEndpointsOf = (members: readonly Host[]): string[] =>
  members.map((host) => `https://${hostPort(host.address, 2379)}`);

/** Client URLs of all members. */
export const etcdEndpoints = (cluster: Cluster): string[] => etcdEndpointsOf(etcdHosts(cluster));

/** Address of the cluster's DNS service, the tenth of the service network as kubeadm counts. */
export function dnsServiceAddress(cluster: Cluster): string {
  const subnet = cluster.kubernetes.serviceSubnet.split(',')[0] ?? '';
  const network = parseCidr(subnet.trim());
  const address = network && nthAddress(network, 10);
  if (address === undefined) throw new Error(`service subnet ${subnet} has no tenth address`);
  return address;
}
