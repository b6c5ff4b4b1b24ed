import { PLACES } from '../approvals.ts';
import type { Cluster } from '../cluster.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { Issue } from '../issue.ts';
import { unfit } from '../maintenance-window.ts';
import { error, warning } from './issues.ts';

/** Gates and windows, as far as they can be judged without the operations. */
export function checkApprovals({ approvals, maintenance }: Cluster): Issue[] {
  const issues: Issue[] = [];
  const problem = unfit(maintenance.window, maintenance.hostMinutes);
  if (problem !== undefined)
    issues.push(
      error(
        ['maintenance', 'window'],
        `${problem[0]?.toUpperCase()}${problem.slice(1)}.`,
        'Make one longer, or lower `maintenance.hostMinutes`.',
      ),
    );
  for (const [i, { before }] of approvals.rules.entries())
    if (approvals.rules.findIndex((r) => r.before === before) < i)
      issues.push(error(['approvals', 'rules', i], `${before} has a rule already.`, 'Keep one of the two.'));
  if (approvals.webhook && !approvals.webhook.secret)
    issues.push(
      warning(
        ['approvals', 'webhook'],
        'What is sent there is not signed: whoever gets it can not tell whether kha sent it.',
        'Give `secret`, for example {secret: approvals}, and store it: kha secret put approvals',
      ),
    );
  return issues;
}

/** Rules that name what no operation has. */
export function unknownPlaces({ approvals }: Cluster, steps: readonly string[]): Issue[] {
  const known = [...PLACES, ...steps];
  return approvals.rules.flatMap(({ before }, i) => {
    if (known.includes(before)) return [];
    const near = didYouMean(before, known);
    return [
      error(
        ['approvals', 'rules', i],
        `No operation has a step ${before}.`,
        near === undefined
          ? `Name a step (kha explain step), or one of ${PLACES.join(', ')}.`
          : `Did you mean ${near}?`,
      ),
    ];
  });
}
