import type { Cluster } from '../cluster.ts';
import type { Issue, Path } from '../issue.ts';
import { canonical } from './hosts.ts';
import { error } from './issues.ts';

const ADDRESS: Path = ['loadBalancer', 'address'];
const PORT: Path = ['loadBalancer', 'port'];
const HEALTH: Path = ['loadBalancer', 'healthPort'];
const HOSTS: Path = ['loadBalancer', 'hosts'];

/** Ports that nodes, masters and etcd hosts need. Source: kubernetes.io/docs/reference/networking/ports-and-protocols. */
const FIXED_PORTS: [number, string][] = [
  [2379, 'etcd (clients)'],
  [2380, 'etcd (peers)'],
  [2381, 'etcd (metrics)'],
  [10248, 'the kubelet (health)'],
  [10249, 'kube-proxy (metrics)'],
  [10250, 'the kubelet'],
  [10256, 'kube-proxy (health)'],
  [10257, 'kube-controller-manager'],
  [10259, 'kube-scheduler'],
];
const API_SERVER = 6443;

/** Where the API is reached: which hosts, which address, and ports that nobody else has. */
export function checkLoadBalancer(cluster: Cluster): Issue[] {
  return [...mode(cluster), ...address(cluster), ...ports(cluster), ...nodePorts(cluster)];
}

function mode({ loadBalancer, roles }: Cluster): Issue[] {
  const { mode: kind, address: vip } = loadBalancer;
  if (kind === 'slb') {
    const issues: Issue[] = [];
    if (vip === undefined)
      issues.push(
        error(
          ['loadBalancer', 'mode'],
          'The mode slb needs the address of the balancer.',
          'Set `loadBalancer.address`, or remove the mode to have a proxy on every node.',
        ),
      );
    if (roles.lb.length > 0)
      issues.push(
        error(
          HOSTS,
          'Load balancer hosts and the mode slb contradict each other: its balancer is outside of the cluster.',
          'Remove `loadBalancer.hosts`, or choose another mode.',
        ),
      );
    return issues;
  }
  if (roles.lb.length > 0 && vip === undefined)
    return [
      error(
        HOSTS,
        'There are load balancer hosts, but no virtual address that they carry.',
        "Set `loadBalancer.address` to a free address of the hosts' network.",
      ),
    ];
  if (roles.lb.length === 0 && vip !== undefined)
    return [
      error(
        ADDRESS,
        `The load balancer has the address ${vip}, but no host that carries it.`,
        'Name them in `loadBalancer.hosts`, or set `mode: slb` for a balancer of your own.',
      ),
    ];
  return [];
}

function address(cluster: Cluster): Issue[] {
  const vip = cluster.loadBalancer.address;
  if (vip === undefined) return [];
  const owner = cluster.hosts.find((h) => canonical(h.address) === canonical(vip));
  if (!owner) return [];
  return [
    error(
      ADDRESS,
      `The address ${vip} of the load balancer is the address of host ${owner.name}.`,
      'Choose an address that no host has; it moves between hosts.',
    ),
  ];
}

function ports(cluster: Cluster): Issue[] {
  const { port, healthPort, mode: kind } = cluster.loadBalancer;
  if (kind === 'slb') return [];
  const issues: Issue[] = [];
  const local = cluster.loadBalancer.address === undefined;
  const sharesWithMaster = local || cluster.roles.lb.some((n) => cluster.roles.masters.includes(n));
  if (port === API_SERVER && sharesWithMaster)
    issues.push(
      error(
        PORT,
        `The load balancer's port ${port} is the API server's own on the masters.`,
        'Choose another, for example 8443.',
      ),
    );
  if (healthPort === API_SERVER && sharesWithMaster)
    issues.push(
      error(
        HEALTH,
        `The load balancer's health port ${healthPort} is the API server's own on the masters.`,
        'Choose another, for example 8081.',
      ),
    );
  if (port === healthPort)
    issues.push(
      error(HEALTH, `The load balancer's port and health port are both ${port}.`, 'Choose another health port.'),
    );
  const taken = FIXED_PORTS.concat([...new Set(cluster.hosts.map((h) => h.connection.port))].map((p) => [p, 'sshd']));
  for (const [path, value, what] of [
    [PORT, port, 'port'],
    [HEALTH, healthPort, 'health port'],
  ] as const) {
    const owner = taken.find(([p]) => p === value);
    if (owner)
      issues.push(error(path, `The load balancer's ${what} ${value} belongs to ${owner[1]}.`, 'Choose another port.'));
  }
  return issues;
}

function nodePorts(cluster: Cluster): Issue[] {
  const [from = 0, to = 0] = cluster.kubernetes.nodePortRange.split('-').map(Number);
  const used: [number, string][] = [...FIXED_PORTS, [API_SERVER, 'the API server']];
  if (cluster.loadBalancer.mode !== 'slb')
    used.push(
      [cluster.loadBalancer.port, 'the load balancer'],
      [cluster.loadBalancer.healthPort, 'the load balancer (health)'],
    );
  for (const sshPort of new Set(cluster.hosts.map((h) => h.connection.port))) used.push([sshPort, 'sshd']);
  const within = (first: number, last: number) => used.filter(([p]) => p >= first && p <= last);
  const hits = within(from, to);
  const hit = hits[0];
  if (!hit) return [];
  const example = within(30_000, 32_767).length === 0 ? ', for example 30000-32767' : '';
  const more = hits.length > 1 ? ` and ${hits.length - 1} more` : '';
  return [
    error(
      ['kubernetes', 'nodePortRange'],
      `The node ports ${from}-${to} contain port ${hit[0]} of ${hit[1]}${more}.`,
      `Choose a range without them${example}.`,
    ),
  ];
}
