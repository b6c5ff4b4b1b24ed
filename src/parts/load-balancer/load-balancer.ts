import type { Container } from 'kubernetes-types/core/v1.d.ts';
import type { Cluster, Host } from '../../cluster/cluster.ts';
import { API_SERVER_PORT, hostPort } from '../../cluster/endpoint.ts';
import { KHA_DIR } from '../../cluster/paths.ts';
import { isLocalLoadBalancer, masters } from '../../cluster/role.ts';
import type { Command } from '../../formats/sh.ts';

/** Where the configuration that is in force lies, on the host and in the container alike. */
export const LOAD_BALANCER_DIR = `${KHA_DIR}/load-balancer`;

/**
 * A TCP proxy in front of the API servers that kubelet runs as a static pod. It listens at `loadBalancer.port`, and
 * answers GET at 127.0.0.1:`loadBalancer.healthPort`: /healthz with 200 while it lives, /configuration with the version that it serves
 * with, /statistics in its own words, to whoever has its password where it has one. It takes nothing else, and changes nothing for anybody who asks.
 */
export interface LoadBalancer {
  mode: Cluster['loadBalancer']['mode'];
  /** Its configuration by file name, all of it in `LOAD_BALANCER_DIR`. `version` is the answer of /configuration. */
  files: (cluster: Cluster, host: Host, version: string) => Record<string, string>;
  /** Files of a secret that is the host's own, beside the others: each is made once, there, by what its command prints. */
  own?: Record<string, Command>;
  /** Those of its files that it reads at its start alone. */
  readAtStart: readonly string[];
  /** Commands in a container of its image, where its files are: each exits 0 when it would serve with them. They open no port. */
  judge: readonly string[][];
  /** Command in its container: it takes its files up without dropping connections. None: it sees by itself that they changed. */
  reload?: string[];
  container: Pick<Container, 'command' | 'resources' | 'securityContext'>;
}

/**
 * This host; and everywhere, for a virtual address that comes and goes. Each has a socket of its own, so that the host's own is never
 * closed: the connections that a closed one has not accepted yet would be lost.
 */
export function listenAddresses(cluster: Cluster): string[] {
  const own = '127.0.0.1';
  if (isLocalLoadBalancer(cluster)) return [own];
  return [own, cluster.loadBalancer.address?.includes(':') ? '::' : '0.0.0.0'];
}

/** All API servers: name of the master, address, and both of address and port as in URLs. */
export const apiServers = (cluster: Cluster): { name: string; address: string; endpoint: string }[] =>
  masters(cluster).map(({ name, address }) => ({ name, address, endpoint: hostPort(address, API_SERVER_PORT) }));

/** For programs that never change their user. Root, because upstream's images may have one who can't open a port below 1024. */
export const ONLY_PORTS: NonNullable<Container['securityContext']> = {
  runAsUser: 0,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
};
