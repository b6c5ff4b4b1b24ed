import type { Cluster } from '../cluster.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Issue } from '../issue.ts';
import { rolePaths } from '../role-lists.ts';
import { error, warning } from './issues.ts';

const ONE: Record<keyof Cluster['roles'], string> = {
  masters: 'master',
  workers: 'worker',
  etcd: 'etcd host',
  lb: 'load balancer host',
};

/** Who does what: hosts exist, appear once, and there are enough of them. */
export function checkRoles(cluster: Cluster): Issue[] {
  const names = cluster.hosts.map((h) => h.name);
  const { roles } = cluster;
  const issues: Issue[] = [];
  const reported = new Set<string>();
  for (const role of Object.keys(rolePaths) as (keyof Cluster['roles'])[]) {
    roles[role].forEach((name, index) => {
      const path = [...rolePaths[role], index];
      if (!names.includes(name)) {
        // A role that follows from another repeats its mistakes; once is enough.
        if (reported.has(name)) return;
        reported.add(name);
        const near = didYouMean(
          name,
          names.filter((n) => !roles[role].includes(n)),
        );
        issues.push(
          error(
            path,
            `The ${ONE[role]} ${name} is not among the hosts.`,
            near ? `Did you mean ${near}?` : `Add ${name} to \`hosts\`, or take it out here.`,
          ),
        );
      } else if (roles[role].indexOf(name) !== index)
        issues.push(error(path, `Host ${name} is listed twice as ${ONE[role]}.`, 'Remove one of the two.'));
    });
  }
  if (roles.masters.length === 0)
    issues.push(
      error(
        rolePaths.masters,
        'There is no master.',
        'Name the hosts of the control plane, for example `masters: [m1]`.',
      ),
    );
  if (roles.workers.length === 0 && roles.masters.length > 0)
    issues.push(
      warning(
        rolePaths.workers,
        'There is no worker: nothing but the control plane will run.',
        'Name one in `workers`.',
      ),
    );
  issues.push(...etcdCount(cluster));
  for (const host of cluster.hosts)
    if (!Object.values(roles).some((list) => list.includes(host.name)))
      issues.push(
        warning(
          ['hosts', host.name],
          `Host ${host.name} has no role; kha will only prepare it.`,
          'Name it in `masters`, `workers` or `etcd`, or remove it.',
        ),
      );
  return issues;
}

function etcdCount({ roles }: Cluster): Issue[] {
  const count = new Set(roles.etcd).size;
  if (count === 0)
    return roles.masters.length === 0
      ? []
      : [error(rolePaths.etcd, 'There is no etcd host.', 'Write `etcd: masters`, or name an odd number of hosts.')];
  if (count % 2 === 0)
    return [
      error(
        rolePaths.etcd,
        `etcd has ${count} hosts; an even number survives no more failures than ${count - 1} would.`,
        count === 2 ? 'Use 1 or 3.' : `Use ${count - 1} or ${count + 1}.`,
      ),
    ];
  if (count > 7)
    return [
      warning(rolePaths.etcd, `etcd has ${count} hosts; more than 7 make every write slow.`, 'Use 3, 5 or 7 hosts.'),
    ];
  return [];
}
