import { KhaError } from '../cluster/error.ts';
import type { OperationSummary } from '../ports/operations.ts';

/** KHA1006; `running` is missing where it ended in the meantime. */
export function alreadyRuns(cluster: string, running?: OperationSummary): KhaError {
  const since = running && new Date(running.startedAt).toISOString().replace(/\.\d+Z$/, 'Z');
  const what = running
    ? `${running.operation} has been running since ${since}${running.by === undefined ? '' : `, started by ${running.by}`}`
    : 'another operation was running';
  return new KhaError(`On ${cluster} ${what}; a cluster has one operation at a time.`, {
    code: 'KHA1006',
    blame: 'configuration',
    hint: `Watch it: kha status ${cluster} -w\nEnd it: kha abort ${cluster} --reason …`,
  });
}
