import type { Cluster } from '../cluster/cluster.ts';
import { type Finding, KhaError } from '../cluster/error.ts';
import { formatPath } from '../cluster/issue.ts';
import { rolesOf } from '../cluster/role.ts';
import { validateCluster } from '../cluster/validate.ts';

/** The cluster without these hosts, whatever is left of it. */
export function withoutHosts(cluster: Cluster, names: readonly string[]): Cluster {
  const stays = (name: string): boolean => !names.includes(name);
  const { masters, workers, etcd, lb } = cluster.roles;
  return {
    ...cluster,
    hosts: cluster.hosts.filter((h) => stays(h.name)),
    roles: {
      masters: masters.filter(stays),
      workers: workers.filter(stays),
      etcd: etcd.filter(stays),
      lb: lb.filter(stays),
    },
  };
}

/** The cluster without these hosts, which must be workers and nothing else. Throws KHA2001 with all that is wrong. */
export function removeHosts(cluster: Cluster, names: readonly string[]): Cluster {
  const findings: Finding[] = [];
  for (const name of new Set(names)) {
    const host = cluster.hosts.find((h) => h.name === name);
    const others = host ? rolesOf(cluster, host).filter((role) => role !== 'worker') : [];
    if (!host)
      findings.push({
        severity: 'error',
        message: `${name} is no host of ${cluster.name}.`,
        hint: `Its hosts: ${cluster.hosts.map((h) => h.name).join(', ')}.`,
      });
    else if (others.length > 0)
      findings.push({
        severity: 'error',
        message: `${name} is ${others.join(', ')} as well; remove-node is for workers.`,
        hint: 'Masters, members of etcd and load balancers can not be removed by this version of kha.',
      });
  }
  const rest = withoutHosts(cluster, names);
  const known = new Set(validateCluster(cluster).map((issue) => issue.message));
  for (const issue of findings.length === 0 ? validateCluster(rest) : [])
    if (!known.has(issue.message))
      findings.push({
        // Who removes the last worker has to mean it: pods would have no place.
        severity: 'error',
        message: issue.message,
        path: formatPath(issue.path),
        ...(issue.hint === undefined ? {} : { hint: issue.hint }),
      });
  if (findings.length > 0)
    throw new KhaError(`The hosts can't be removed from ${cluster.name}.`, {
      code: 'KHA2001',
      blame: 'configuration',
      hint: 'Nothing was touched.',
      findings,
    });
  return rest;
}
