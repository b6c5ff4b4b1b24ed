import type { Path } from '../../cluster/issue.ts';
import type { Inventory } from './inventory.ts';
import type { Trouble } from './located.ts';
import type { ResolvedInventory } from './resolve-groups.ts';

interface RoleGroup {
  group: string;
  /** Where its members stand in the cluster file. */
  path: Path;
  /** The seed's queues: hosts that shall get the role, and that shall lose it. */
  joins?: { group: string; operation: string };
  leaves?: string;
}

export const ROLE_GROUPS: readonly RoleGroup[] = [
  {
    group: 'kube-master',
    path: ['masters'],
    joins: { group: 'new-master', operation: 'add-master' },
    leaves: 'del-master',
  },
  {
    group: 'kube-worker',
    path: ['workers'],
    joins: { group: 'new-worker', operation: 'add-worker' },
    leaves: 'del-worker',
  },
  { group: 'etcd', path: ['etcd', 'hosts'], joins: { group: 'new-etcd', operation: 'add-etcd' }, leaves: 'del-etcd' },
  { group: 'lb', path: ['loadBalancer', 'hosts'] },
];

const REMOVED = 'del-node';

/** Who is declared in the end. */
export interface Requests {
  /** Hosts of the cluster, in the order of the file. */
  hosts: string[];
  /** Members of a role, in the order of its groups. */
  members: (role: RoleGroup) => string[];
  troubles: Trouble[];
}

/**
 * Heeds the seed's queues where `heed` is set: who is in new-… has the role, who is in del-… has it no more, and who is in del-node or loses
 * all its roles is no host any more. Else the hosts are taken as they are without them. What has no effect is reported.
 */
export function readRequests(inventory: Inventory, resolved: ResolvedInventory, heed: boolean): Requests {
  const troubles: Trouble[] = [];
  const isIn = (group: string | undefined, host: string): boolean =>
    group !== undefined && resolved.groupsOf(host).includes(group);
  const has = (role: RoleGroup, host: string): boolean =>
    isIn(role.group, host) || (heed && isIn(role.joins?.group, host));
  const warn = (group: string, host: string, message: string, hint: string): void => {
    const { file, offset } = inventory.groups.get(group)?.hosts.get(host) ??
      inventory.hosts.get(host) ?? { file: inventory.file, offset: 0 };
    troubles.push({ file, offset, message, hint, severity: 'warning' });
  };

  const isDeclared = (host: string): boolean => {
    const roles = ROLE_GROUPS.filter((role) => has(role, host));
    const asking = ROLE_GROUPS.find((role) => isIn(role.joins?.group, host));
    if (asking?.joins && roles.length === 0 && !heed) {
      warn(
        asking.joins.group,
        host,
        `Host ${host} is in [${asking.joins.group}] only, so it is left out here.`,
        `kha apply takes it in, and so does the operation ${asking.joins.operation}.`,
      );
      return false;
    }
    const losing = ROLE_GROUPS.filter((role) => isIn(role.leaves, host));
    const queues = [...losing.flatMap((role) => role.leaves ?? []), ...(isIn(REMOVED, host) ? [REMOVED] : [])];
    const [first] = queues;
    if (first === undefined) return true;
    const named = queues.map((group) => `[${group}]`).join(', ');
    const losesAll = isIn(REMOVED, host) || roles.every((role) => losing.includes(role));
    if (heed && losesAll) {
      if (!isIn(REMOVED, host))
        warn(
          first,
          host,
          `Host ${host} is in ${named} and has no other role, so it is taken as one that leaves the cluster.`,
          'It is drained, deleted and reset then, which kubeadm-ha does for [del-node] only.',
        );
      return false;
    }
    if (!heed)
      warn(
        first,
        host,
        `Host ${host} is in ${named}, which has no effect here: it stays as it is.`,
        'kha apply heeds it; so do the operations remove-node, remove-worker, remove-master and remove-etcd.',
      );
    return true;
  };

  const hosts = [...inventory.hosts.keys()].filter(isDeclared);
  return {
    hosts,
    troubles,
    members: (role) =>
      [
        ...new Set([
          ...resolved.hostsOf(role.group),
          ...(heed && role.joins ? resolved.hostsOf(role.joins.group) : []),
        ]),
      ].filter((host) => hosts.includes(host) && !(heed && isIn(role.leaves, host))),
  };
}
