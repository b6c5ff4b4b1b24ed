import type { Task } from '../graph/task.ts';

/** What a task does in a plan, to tell whether it is done already; a gate is what it was passed for. */
export function fingerprints(tasks: readonly Task[], declaration: string): (task: Task) => string {
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const of = (task: Task): string =>
    task.gate
      ? task.gate.guards
          .flatMap((id) => byId.get(id) ?? [])
          .map((t) => `${t.id} ${of(t)}`)
          .join(' ')
      : (task.effects ?? `${task.activity} ${declaration}`);
  return of;
}
