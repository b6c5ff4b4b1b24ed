import type { Cluster } from '../cluster/cluster.ts';
import { canonicalJson } from '../formats/digest.ts';
import type { Schedules } from '../ports/schedules.ts';
import type { ScheduledInput } from '../workflows/protocol.ts';
import type { TaskResult } from './contract.ts';

/**
 * Makes Temporal's schedules those of the cluster file. One that was made by hand stays, unless the file declares one of its name: then it
 * is the file's from now on. Each is written again whether it differs or not, for somebody may have changed it in Temporal itself.
 */
export async function keepSchedules(schedules: Schedules, cluster: Cluster): Promise<TaskResult> {
  const declared = cluster.schedules ?? [];
  const done: Record<string, string[]> = { made: [], changed: [], 'took over': [], removed: [] };
  for (const { options, ...timing } of declared) {
    const input: ScheduledInput = {
      ...timing,
      cluster: cluster.name,
      options: { onFailure: 'park', ignorePreflightErrors: [], ...options },
      by: 'the cluster file',
      declared: true,
    };
    const before = await schedules.describe(cluster.name, timing.name);
    await schedules.put(input);
    if (!before) done['made']?.push(timing.name);
    else if (!before.input.declared) done['took over']?.push(timing.name);
    else if (canonicalJson(before.input) !== canonicalJson(input)) done['changed']?.push(timing.name);
  }
  for (const { input } of await schedules.list(cluster.name)) {
    if (!input.declared || declared.some(({ name }) => name === input.name)) continue;
    await forget(schedules, cluster.name, input.name);
    done['removed']?.push(input.name);
  }
  const words = Object.entries(done).flatMap(([what, names]) =>
    names.length > 0 ? [`${what} ${names.join(', ')}`] : [],
  );
  if (words.length > 0) return { changed: true, detail: words.join('; ') };
  return {
    changed: false,
    detail:
      declared.length === 0
        ? 'the cluster file declares none'
        : `as declared: ${declared.map((s) => s.name).join(', ')}`,
  };
}

/** A cluster that is no more has no schedules, whoever made them. */
export async function forgetSchedules(schedules: Schedules, cluster: string): Promise<void> {
  for (const { input } of await schedules.list(cluster)) await forget(schedules, cluster, input.name);
  await schedules.cancelWaiting(cluster);
}

async function forget(schedules: Schedules, cluster: string, name: string): Promise<void> {
  await schedules.delete(cluster, name);
  await schedules.cancelWaiting(cluster, name);
}
