import type { Cluster } from '../cluster/cluster.ts';
import { didYouMean } from '../cluster/did-you-mean.ts';
import { KhaError } from '../cluster/error.ts';
import { operationNamed } from '../operations/registry.ts';
import type { Operations } from '../ports/operations.ts';
import { FACTS_STEP, PLAN_STEP, type Progress, type TaskView } from '../workflows/protocol.ts';
import { isSelected } from '../workflows/selection.ts';
import type { Context } from './context.ts';
import { notFound, usageError } from './errors.ts';

export const canBeSkipped = ({ vital }: TaskView): boolean => vital !== true;

/** The operation that runs on a cluster. Throws KHA1002 where none does. */
export async function runningOperation(
  operations: Operations,
  cluster: string,
): Promise<{ operation: string; runId: string }> {
  const about = await operations.describe(cluster);
  if (about?.state !== 'running')
    throw notFound(
      `No operation runs on ${cluster}.`,
      about ? `The latest, ${about.operation}, is ${about.state}: kha status ${cluster}` : 'See: kha get clusters',
    );
  return about;
}

/** The progress, where a worker can tell it: a decision can be sent without, but not be checked. */
export async function progressIfAnswered(operations: Operations, cluster: string): Promise<Progress | undefined> {
  return operations.progress(cluster).catch((error: unknown) => {
    if (error instanceof KhaError && error.code === 'KHA6010') return undefined;
    throw error;
  });
}

/** What a decision is about, as it was typed. */
export interface Choice {
  /** A selection: see workflows/selection.ts. */
  task: string | undefined;
  hosts: readonly string[];
  all: boolean;
}

/** The selections of a choice; none where nothing was said. Throws KHA1001 where it says two things. */
export function selectionsOf({ task, hosts, all }: Choice): string[] {
  if ([task !== undefined, hosts.length > 0, all].filter(Boolean).length > 1)
    throw usageError('A task, --host and --all exclude each other.', 'Give one of them.');
  if (all) return ['*'];
  return task === undefined ? [...new Set(hosts)].map((host) => `*/${host}`) : [task];
}

/**
 * The parked tasks that selections mean; without any the only one that is parked. Throws KHA1002 where there is no such
 * task or host, KHA1001 where nothing of it is parked, or where it is not clear which is meant.
 */
export function chooseParked(progress: Progress, selections: readonly string[]): TaskView[] {
  const { cluster, tasks } = progress;
  const parked = tasks.filter((t) => t.state === 'parked');
  const ids = listed(parked);
  for (const selection of selections) {
    const meant = tasks.filter((t) => isSelected(selection, t));
    const [first] = meant;
    if (!first) throw noSuchTask(selection, progress, ids);
    if (meant.some((t) => t.state === 'parked')) continue;
    if (ids === '') throw usageError(`Nothing is parked on ${cluster}.`, `See: kha status ${cluster}`);
    throw usageError(
      meant.length === 1
        ? `${first.id} is not parked, it is ${first.state}.`
        : `Of the ${meant.length} tasks of ${spoken(selection)} none is parked.`,
      `Parked: ${ids}`,
    );
  }
  if (selections.length > 0) return parked.filter((t) => selections.some((s) => isSelected(s, t)));
  if (parked.length === 0) throw usageError(`Nothing is parked on ${cluster}.`, `See: kha status ${cluster}`);
  if (parked.length > 1) throw usageError('Which task?', `Name one, or give --host HOST or --all. Parked: ${ids}`);
  return parked;
}

function noSuchTask(selection: string, { tasks }: Progress, parked: string): KhaError {
  const host = /^\*\/([^*]+)$/.exec(selection)?.[1];
  const names = host === undefined ? byUrgency(tasks).map((t) => t.id) : [...new Set(tasks.map((t) => t.host))];
  const words = host === undefined && !selection.includes('/') ? tasks.flatMap((t) => [t.host, t.step]) : names;
  const near = didYouMean(host ?? selection, words);
  return notFound(
    host === undefined ? `There is no task ${selection}.` : `No task is on a host ${host}.`,
    [
      ...(near === undefined ? [] : [`Did you mean ${near}?`]),
      parked === '' ? 'Nothing is parked.' : `Parked: ${parked}`,
    ].join('\n'),
  );
}

/** Those that are parked first: of two names that are as near they are meant. */
const byUrgency = (tasks: readonly TaskView[]): TaskView[] => [
  ...tasks.filter((t) => t.state === 'parked'),
  ...tasks.filter((t) => t.state !== 'parked'),
];

/** Ids in a sentence, not more than a screen can take. */
export function listed(tasks: readonly TaskView[], most = 8): string {
  const ids = tasks.slice(0, most).map((t) => t.id);
  return [...ids, ...(tasks.length > most ? [`${tasks.length - most} more`] : [])].join(', ');
}

const spoken = (selection: string): string => selection.replace(/^\*\//, 'host ');

/**
 * Checks selections where no worker can tell the progress: steps are those of the operation, hosts those of the recorded
 * cluster, if this machine has its record. Throws KHA1002.
 */
export async function demandPlausible(
  context: Context,
  about: { operation: string; cluster: string },
  selections: readonly string[],
): Promise<void> {
  const record = await (await context.store()).getCluster(about.cluster);
  const declared = record && (await (await context.store()).getObject<Cluster>(record.cluster));
  const steps = [FACTS_STEP, PLAN_STEP, ...operationNamed(about.operation).steps.map((s) => s.id)];
  const hosts = declared && [...declared.hosts.map((h) => h.name), about.cluster];
  for (const selection of selections) {
    const [step = '', host] = selection.split('/');
    const words =
      host === undefined
        ? [[step, hosts && [...steps, ...hosts]] as const]
        : [[step, steps] as const, [host, hosts] as const];
    for (const [word, known] of words) {
      if (!known || word.includes('*') || known.includes(word)) continue;
      const near = didYouMean(word, known);
      throw notFound(
        `There is no task ${selection}: ${about.operation} on ${about.cluster} knows no ${word}.`,
        near === undefined
          ? `No kha worker answers, so the tasks can't be listed; start one: kha worker`
          : `Did you mean ${near}?`,
      );
    }
  }
}

/** The tasks that stand behind some others, directly or not. */
export function dependentsOf(progress: Progress, ids: readonly string[]): TaskView[] {
  const reached = new Set(ids);
  for (let grew = true; grew; ) {
    grew = false;
    for (const task of progress.tasks)
      if (!reached.has(task.id) && task.needs.some((need) => reached.has(need))) {
        reached.add(task.id);
        grew = true;
      }
  }
  return progress.tasks.filter((t) => reached.has(t.id) && !ids.includes(t.id));
}
