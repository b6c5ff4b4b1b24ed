import { isOnSomeHosts } from '../available.ts';
import type { Cluster } from '../cluster.ts';
import { renewable } from '../renewal.ts';
import { isTimeZone } from '../time-zone.ts';
import type { Issue } from '../issue.ts';
import { error } from './issues.ts';

/** The operation that knows of certificates. */
const RENEWS = 'renew-certificates';

/** Schedules that contradict each other or the cluster. */
export function checkSchedules(cluster: Cluster): Issue[] {
  const { schedules = [], hosts } = cluster;
  const known = hosts.map((h) => h.name);
  return schedules.flatMap(({ name, operation, timezone, options }, i) => {
    const issues: Issue[] = [];
    const first = schedules.findIndex((other) => other.name === name);
    if (first < i)
      issues.push(
        error(['schedules', i], `The schedule ${name} stands there twice.`, 'Give this one a name of its own: `name`.'),
      );
    if (!isTimeZone(timezone))
      issues.push(
        error(
          ['schedules', i],
          `The schedule ${name} has the time zone ${timezone}, of system.timezone, which is none of the tz database.`,
          'Give it one of its own: `timezone`; or correct system.timezone.',
        ),
      );
    const { targets, renewal } = options;
    if (renewal && operation !== RENEWS)
      issues.push(
        error(
          ['schedules', i, renewal.withinMs === undefined ? 'certificates' : 'within'],
          `${operation} renews no certificates.`,
          'Take `within` and `certificates` out.',
        ),
      );
    for (const [j, id] of (renewal?.certificates ?? []).entries())
      if (!renewable(cluster).includes(id))
        issues.push(
          error(
            ['schedules', i, 'certificates', j],
            `There is no certificate ${id} to renew.`,
            `Certificates are: ${renewable(cluster).join(', ')}.`,
          ),
        );
    if (targets && !isOnSomeHosts(operation))
      issues.push(
        error(['schedules', i, 'hosts'], `${operation} is for all hosts of the cluster.`, 'Take `hosts` out.'),
      );
    else
      for (const [j, host] of (targets ?? []).entries())
        if (!known.includes(host))
          issues.push(
            error(['schedules', i, 'hosts', j], `There is no host ${host}.`, `Hosts are: ${known.join(', ')}.`),
          );
    return issues;
  });
}
