import type { ScheduleState } from '../ports/schedules.ts';
import type { Context } from './context.ts';
import { notFound, usageError } from './errors.ts';

/**
 * The schedule that `CLUSTER/NAME`, or a NAME that one schedule alone has, means. Throws KHA1002 with those that there are, KHA1001 where
 * several have the name.
 */
export async function scheduleNamed(context: Context, word: string, cluster?: string): Promise<ScheduleState> {
  const schedules = await context.schedules();
  const slash = word.indexOf('/');
  if (slash >= 0 && cluster !== undefined && cluster !== word.slice(0, slash))
    throw usageError(`${word} is not of ${cluster}.`, 'Leave --cluster out, or the name before the slash.');
  const of = slash >= 0 ? word.slice(0, slash) : cluster;
  const name = word.slice(slash + 1);
  const all = await schedules.list(of);
  const meant = all.filter(({ input }) => input.name === name);
  const [first, ...more] = meant;
  const listed = (states: readonly ScheduleState[]): string =>
    states.map(({ input }) => `${input.cluster}/${input.name}`).join(', ');
  if (!first)
    throw notFound(
      `There is no schedule ${word}${slash < 0 && of !== undefined ? ` of ${of}` : ''}.`,
      all.length > 0 ? `There are: ${listed(all)}.` : 'See them all: kha schedule list',
    );
  if (more.length > 0) throw usageError(`Several clusters have a schedule ${name}.`, `Name one of: ${listed(meant)}.`);
  return first;
}
