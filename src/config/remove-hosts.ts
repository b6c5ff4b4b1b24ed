import type { Cluster } from '../cluster/cluster.ts';
import { type Finding, KhaError } from '../cluster/error.ts';
import { formatPath, type Issue } from '../cluster/issue.ts';
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

/** The cluster without these hosts. Throws KHA2001 with all that is wrong; of hosts that are `lost` already the last worker may be one. */
export function removeHosts(cluster: Cluster, names: readonly string[], are: 'leaving' | 'lost' = 'leaving'): Cluster {
  const findings: Finding[] = [];
  for (const name of new Set(names)) {
    const host = cluster.hosts.find((h) => h.name === name);
    if (!host)
      findings.push({
        severity: 'error',
        message: `${name} is no host of ${cluster.name}.`,
        hint: `Its hosts: ${cluster.hosts.map((h) => h.name).join(', ')}.`,
      });
  }
  const rest = withoutHosts(cluster, names);
  demandRest(cluster, rest, findings, `The hosts can't be removed from ${cluster.name}.`, are);
  return rest;
}

/** Throws KHA2001 with `message` for findings, and for what is wrong with what is left of a cluster that was not wrong before. */
export function demandRest(
  cluster: Cluster,
  rest: Cluster,
  found: readonly Finding[],
  message: string,
  are: 'leaving' | 'lost' = 'leaving',
): void {
  const findings = [...found];
  const known = new Set(validateCluster(cluster).map((issue) => issue.message));
  for (const issue of findings.length === 0 ? validateCluster(rest) : [])
    if (!known.has(issue.message) && !isEvenEtcd(rest, issue) && (are === 'leaving' || issue.severity === 'error'))
      findings.push({
        // Who removes the last worker has to mean it: pods would have no place.
        severity: 'error',
        message: issue.message,
        path: formatPath(issue.path),
        ...(issue.hint === undefined ? {} : { hint: issue.hint }),
      });
  if (findings.length > 0)
    throw new KhaError(message, { code: 'KHA2001', blame: 'configuration', hint: 'Nothing was touched.', findings });
}

/** On the way from three members to the next third one there are two: a dead one must not stay for that. */
export const isEvenEtcd = ({ roles }: Cluster, { path }: Issue): boolean => path[0] === 'etcd' && roles.etcd.length > 0;
