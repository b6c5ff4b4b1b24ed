import { type Cidr, formatCidr, overlaps, parseAddress, parseCidr } from '../cidr.ts';
import type { Cluster } from '../cluster.ts';
import type { Issue, Path } from '../issue.ts';
import { error, warning } from './issues.ts';

const POD: Path = ['kubernetes', 'podSubnet'];
const SERVICE: Path = ['kubernetes', 'serviceSubnet'];
const PREFIX: Path = ['kubernetes', 'nodePrefix'];

/** Pod, service and host networks do not overlap, and have room. */
export function checkNetworks(cluster: Cluster): Issue[] {
  const { podSubnet, serviceSubnet } = cluster.kubernetes;
  const pods = parseCidr(podSubnet);
  const services = parseCidr(serviceSubnet);
  if (!pods || !services) return [];
  return [
    ...hostBits(POD, 'pod', podSubnet, pods),
    ...hostBits(SERVICE, 'service', serviceSubnet, services),
    ...(overlaps(pods, services)
      ? [
          error(
            SERVICE,
            `The service network ${serviceSubnet} and the pod network ${podSubnet} overlap.`,
            'Choose networks that share no address, for example 10.96.0.0/16 and 10.244.0.0/16.',
          ),
        ]
      : []),
    ...(pods.family === services.family
      ? []
      : [
          error(
            SERVICE,
            `The service network ${serviceSubnet} and the pod network ${podSubnet} are not of one IP family.`,
            'Use IPv4 for both or IPv6 for both.',
          ),
        ]),
    ...taken(cluster, pods, POD, `pod network ${podSubnet}`),
    ...taken(cluster, services, SERVICE, `service network ${serviceSubnet}`),
    ...podRoom(cluster, pods),
    ...serviceRoom(serviceSubnet, services),
  ];
}

function hostBits(path: Path, what: string, text: string, network: Cidr): Issue[] {
  const [address] = text.split('/');
  const given = parseAddress(address ?? '');
  if (!given || given.bytes.every((byte, i) => byte === network.bytes[i])) return [];
  return [
    error(
      path,
      `The ${what} network ${text} does not start at a network address.`,
      `Write ${formatCidr(network)}, or a longer prefix.`,
    ),
  ];
}

function taken(cluster: Cluster, network: Cidr, path: Path, what: string): Issue[] {
  const inside = cluster.hosts.filter((h) => {
    const address = parseAddress(h.address);
    return address && overlaps(network, address);
  });
  const issues: Issue[] = [];
  const first = inside[0];
  if (first) {
    const others = inside.length > 1 ? ` and ${inside.length - 1} more` : '';
    issues.push(
      error(
        path,
        `The ${what} contains the address ${first.address} of host ${first.name}${others}.`,
        'Choose a network in which no host has an address.',
      ),
    );
  }
  const vip = cluster.loadBalancer.address;
  const address = vip === undefined ? undefined : parseAddress(vip);
  if (address && overlaps(network, address))
    issues.push(
      error(
        ['loadBalancer', 'address'],
        `The ${what} contains the address ${vip} of the load balancer.`,
        "Choose an address of the hosts' network.",
      ),
    );
  return issues;
}

function podRoom(cluster: Cluster, pods: Cidr): Issue[] {
  const { nodePrefix, podSubnet, maxPods } = cluster.kubernetes;
  const width = pods.bytes.length * 8;
  if (nodePrefix < pods.prefix)
    return [
      error(
        PREFIX,
        `A node's network of /${nodePrefix} does not fit into the pod network ${podSubnet}.`,
        `Use a prefix of more than ${pods.prefix}, for example ${Math.min(width, pods.prefix + 8)}.`,
      ),
    ];
  if (nodePrefix > width - 2)
    return [
      error(
        PREFIX,
        `A node's network of /${nodePrefix} has no room for pods.`,
        `Use a shorter prefix, for example ${width === 32 ? 24 : 64}.`,
      ),
    ];
  // kube-controller-manager refuses more: its bitmap of node networks has 16 bits.
  if (nodePrefix - pods.prefix > 16)
    return [
      error(
        PREFIX,
        `A node's network of /${nodePrefix} in the pod network ${podSubnet} makes more than 65536 networks.`,
        `Use a prefix of at most ${pods.prefix + 16}.`,
      ),
    ];
  const issues: Issue[] = [];
  const nodes = new Set([...cluster.roles.masters, ...cluster.roles.workers]).size;
  const room = 2 ** (nodePrefix - pods.prefix);
  if (nodes > room)
    issues.push(
      error(
        PREFIX,
        `The pod network ${podSubnet} has room for ${room} ${room === 1 ? 'node' : 'nodes'} of /${nodePrefix} each, the cluster has ${nodes}.`,
        'Use a bigger pod network, or a longer nodePrefix.',
      ),
    );
  // Network, broadcast and the bridge's own address.
  const addresses = width - nodePrefix > 30 ? Number.POSITIVE_INFINITY : 2 ** (width - nodePrefix) - 3;
  if (maxPods > addresses)
    issues.push(
      warning(
        ['kubernetes', 'maxPods'],
        `A node may run ${maxPods} pods, and its network of /${nodePrefix} has ${addresses} addresses for them.`,
        'Lower maxPods or nodePrefix.',
      ),
    );
  return issues;
}

function serviceRoom(text: string, services: Cidr): Issue[] {
  const bits = services.bytes.length * 8 - services.prefix;
  // kubeadm: at least ten addresses (DNS has the tenth), at most 20 bits.
  if (bits < 4)
    return [error(SERVICE, `The service network ${text} is too small.`, 'Use a prefix of at most /28, better /16.')];
  if (bits > 20)
    return [
      error(
        SERVICE,
        `The service network ${text} is bigger than the API server allows.`,
        `Use a prefix of at least /${services.bytes.length * 8 - 20}.`,
      ),
    ];
  return [];
}
