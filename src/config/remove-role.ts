import type { Cluster } from '../cluster/cluster.ts';
import type { Finding } from '../cluster/error.ts';
import type { Role } from '../cluster/role.ts';
import { listOf, roleWords, staysWithout } from '../cluster/role-lists.ts';
import { demandRest } from './remove-hosts.ts';

/** The cluster whose hosts of these names have lost a role, and keep others. Throws KHA2001 with all that is wrong. */
export function removeRole(cluster: Cluster, role: Role, names: readonly string[]): Cluster {
  const list = listOf[role];
  const what = roleWords[list];
  const findings: Finding[] = [];
  const refuse = (message: string, hint: string): void => void findings.push({ severity: 'error', message, hint });
  for (const name of new Set(names))
    if (!cluster.roles[list].includes(name))
      refuse(`${name} is no ${what} of ${cluster.name}.`, `Its hosts in that role: ${cluster.roles[list].join(', ')}.`);
    else if (!staysWithout(cluster, list, name))
      refuse(
        `${name} is nothing but a ${what}; without the role it would be nothing in ${cluster.name}.`,
        `Let it go as a whole: kha start-workflow remove-node --cluster ${cluster.name} --host ${name}${role === 'master' ? `; or make it a worker first: kha start-workflow add-worker --cluster ${cluster.name} --host ${name}` : ''}`,
      );
  const left = cluster.roles[list].filter((name) => !names.includes(name));
  const rest: Cluster = { ...cluster, roles: { ...cluster.roles, [list]: left } };
  demandRest(cluster, rest, findings, `The role can't be taken from these hosts of ${cluster.name}.`);
  return rest;
}
