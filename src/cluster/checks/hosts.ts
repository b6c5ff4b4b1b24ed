import { type Cidr, overlaps, parseAddress, parseCidr } from '../cidr.ts';
import type { Cluster, Host } from '../cluster.ts';
import type { Issue } from '../issue.ts';
import { error } from './issues.ts';

/** Addresses and names of hosts: unique, and usable by the others. */
export function checkHosts(cluster: Cluster): Issue[] {
  if (cluster.hosts.length === 0)
    return [error(['hosts'], 'There are no hosts.', 'List the machines, for example `hosts: {m1: 10.0.0.11}`.')];
  return [
    ...duplicates(
      cluster.hosts,
      (h) => canonical(h.address),
      (host, other) =>
        error(
          ['hosts', host.name, 'address'],
          `Hosts ${other.name} and ${host.name} have the same address ${host.address}.`,
          'Give each host its own address.',
        ),
    ),
    ...duplicates(
      cluster.hosts,
      (h) => h.nodeName,
      (host, other) =>
        canonical(host.address) === canonical(other.address)
          ? undefined
          : error(
              ['hosts', host.name],
              `Hosts ${other.name} and ${host.name} would both be the node ${host.nodeName}.`,
              'Give each host its own name.',
            ),
    ),
    ...duplicates(cluster.hosts, sshTarget, (host, other) =>
      canonical(host.address) === canonical(other.address)
        ? undefined
        : error(
            ['hosts', host.name, 'ssh', 'address'],
            `Hosts ${other.name} and ${host.name} are both reached at ${host.connection.address} port ${host.connection.port}, so they are one machine.`,
            'Correct the address or the port of one of them.',
          ),
    ),
    ...cluster.hosts.flatMap((host) => [...unusable(host, cluster.hosts.length), ...nodeNameIssues(cluster, host)]),
  ];
}

function duplicates(
  hosts: Host[],
  key: (host: Host) => string,
  issue: (host: Host, other: Host) => Issue | undefined,
): Issue[] {
  const first = new Map<string, Host>();
  return hosts.flatMap((host) => {
    const other = first.get(key(host));
    if (!other) first.set(key(host), host);
    return (other && issue(host, other)) ?? [];
  });
}

function sshTarget(host: Host): string {
  const { address, port, jump } = host.connection;
  return [...jump.map((j) => `${j.address}|${j.port}`), `${address}|${port}`].join(' ');
}

const UNUSABLE = networks([
  ['127.0.0.0/8', 'a loopback address'],
  ['::1/128', 'a loopback address'],
  ['0.0.0.0/8', 'not an address of a host'],
  ['::/128', 'not an address of a host'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'not an address of a host'],
  ['ff00::/8', 'a multicast address'],
  ['fe80::/10', 'a link-local address'],
  ['169.254.0.0/16', 'a link-local address'],
]);

function networks(list: [string, string][]): { network: Cidr; what: string }[] {
  return list.flatMap(([text, what]) => {
    const network = parseCidr(text);
    return network ? [{ network, what }] : [];
  });
}

function unusable(host: Host, hosts: number): Issue[] {
  const address = parseAddress(host.address);
  if (!address) return [];
  const hit = UNUSABLE.find(({ network }) => overlaps(network, address));
  if (!hit) return [];
  return [
    error(
      ['hosts', host.name, 'address'],
      `The address ${host.address} of host ${host.name} is ${hit.what}.`,
      hosts > 1
        ? 'Give the address by which the other hosts reach it.'
        : "Give the address of the machine's network interface; certificates and etcd go by it.",
    ),
  ];
}

function nodeNameIssues(cluster: Cluster, host: Host): Issue[] {
  if (cluster.nodeNames === 'address' && host.address.includes(':'))
    return [
      error(
        ['hosts', host.name, 'address'],
        `The IPv6 address ${host.address} of host ${host.name} can't be the name of a node.`,
        'Set `nodeNames: hostname`.',
      ),
    ];
  return [];
}

/** One writing of an address, so that ::1 and 0:0:0:0:0:0:0:1 are equal. */
export const canonical = (address: string): string => parseAddress(address)?.bytes.join('.') ?? address;
