import { KhaError } from '../cluster/error.ts';
import type { Operations } from '../ports/operations.ts';
import { FACTS_STEP, PLAN_STEP, type Progress, type TaskView } from '../workflows/protocol.ts';
import { notFound, usageError } from './errors.ts';

/** Before there is a plan nothing can be left out of it. */
export const canBeSkipped = ({ step }: TaskView): boolean => step !== FACTS_STEP && step !== PLAN_STEP;

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

/** The parked task of that id. Throws KHA1002 or KHA1001 with what is parked. */
export function parkedTask(progress: Progress, id: string): TaskView {
  const task = progress.tasks.find((t) => t.id === id);
  const parked = progress.tasks.filter((t) => t.state === 'parked').map((t) => t.id);
  const what = parked.length > 0 ? `Parked: ${parked.join(', ')}` : 'Nothing is parked.';
  if (!task) throw notFound(`There is no task ${id}.`, what);
  if (task.state !== 'parked') throw usageError(`${id} is not parked, it is ${task.state}.`, what);
  return task;
}

/** Ids of all tasks that stand behind one, directly or not. */
export function dependentsOf(progress: Progress, id: string): string[] {
  const reached = new Set([id]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const task of progress.tasks)
      if (!reached.has(task.id) && task.needs.some((need) => reached.has(need))) {
        reached.add(task.id);
        grew = true;
      }
  }
  reached.delete(id);
  return progress.tasks.filter((t) => reached.has(t.id)).map((t) => t.id);
}
