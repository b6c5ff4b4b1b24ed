import type { Cluster } from './cluster.ts';
import type { Path } from './issue.ts';
import type { Role } from './role.ts';

/** Key of a role's members in `Cluster.roles`. */
export type RoleList = keyof Cluster['roles'];

export const listOf = {
  master: 'masters',
  worker: 'workers',
  etcd: 'etcd',
  lb: 'lb',
} as const satisfies Record<Role, RoleList>;

/** Where the members stand in the cluster file. */
export const rolePaths: Record<RoleList, Path> = {
  masters: ['masters'],
  workers: ['workers'],
  etcd: ['etcd', 'hosts'],
  lb: ['loadBalancer', 'hosts'],
};

export const roleWords: Record<RoleList, string> = {
  masters: 'master',
  workers: 'worker',
  etcd: 'member of etcd',
  lb: 'load balancer host',
};

/** Roles of which a host must have one to give that one up where it stands. */
const KEPT_BY: Record<RoleList, RoleList[]> = {
  masters: ['workers'],
  workers: ['masters'],
  etcd: ['masters', 'workers'],
  lb: ['masters', 'workers', 'etcd'],
};

/** Is a host of this name something in the cluster that it can be without a role of this list? */
export const staysWithout = ({ roles }: Cluster, list: RoleList, name: string): boolean =>
  KEPT_BY[list].some((other) => roles[other].includes(name));
