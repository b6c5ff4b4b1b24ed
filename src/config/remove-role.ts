import type { Cluster, Host } from '../cluster/cluster.ts';
import type { Finding } from '../cluster/error.ts';
import { isEtcd, isLb, isMaster, isNode, isWorker, type Role } from '../cluster/role.ts';
import { demandRest } from './remove-hosts.ts';

interface Taking {
  list: keyof Cluster['roles'];
  what: string;
  has: (cluster: Cluster, host: Host) => boolean;
  /** Has it another role that keeps it in the cluster? */
  stays: (cluster: Cluster, host: Host) => boolean;
}

const TAKING: Record<Role, Taking> = {
  master: { list: 'masters', what: 'master', has: isMaster, stays: isWorker },
  worker: { list: 'workers', what: 'worker', has: isWorker, stays: isMaster },
  etcd: { list: 'etcd', what: 'member of etcd', has: isEtcd, stays: isNode },
  lb: { list: 'lb', what: 'load balancer host', has: isLb, stays: (c, h) => isNode(c, h) || isEtcd(c, h) },
};

/** The cluster whose hosts of these names have lost a role, and keep others. Throws KHA2001 with all that is wrong. */
export function removeRole(cluster: Cluster, role: Role, names: readonly string[]): Cluster {
  const { list, what, has, stays } = TAKING[role];
  const findings: Finding[] = [];
  const refuse = (message: string, hint: string): void => void findings.push({ severity: 'error', message, hint });
  for (const name of new Set(names)) {
    const host = cluster.hosts.find((h) => h.name === name);
    if (!host || !has(cluster, host))
      refuse(`${name} is no ${what} of ${cluster.name}.`, `Its hosts in that role: ${cluster.roles[list].join(', ')}.`);
    else if (!stays(cluster, host))
      refuse(
        `${name} is nothing but a ${what}; without the role it would be nothing in ${cluster.name}.`,
        `Let it go as a whole: kha start-workflow remove-node --cluster ${cluster.name} --host ${name}${role === 'master' ? `; or make it a worker first: kha start-workflow add-worker --cluster ${cluster.name} --host ${name}` : ''}`,
      );
  }
  const left = cluster.roles[list].filter((name) => !names.includes(name));
  const rest: Cluster = { ...cluster, roles: { ...cluster.roles, [list]: left } };
  demandRest(cluster, rest, findings, `The role can't be taken from these hosts of ${cluster.name}.`);
  return rest;
}
