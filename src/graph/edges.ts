import type { Task } from './task.ts';

/**
 * Sorts tasks so that each stands behind those it needs, and drops edges that follow from others (transitive reduction).
 * Throws on a cycle or an unknown need: both are defects of an operation.
 */
export function reduceNeeds(tasks: readonly Task[]): Task[] {
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const ancestors = new Map<string, Set<string>>();
  const sorted: Task[] = [];
  const open = new Set<string>();

  const visit = (id: string): Set<string> => {
    const known = ancestors.get(id);
    if (known) return known;
    const task = byId.get(id);
    if (!task) throw new Error(`no task ${id}`);
    if (open.has(id)) throw new Error(`tasks wait for each other: ${[...open, id].join(' → ')}`);
    open.add(id);
    const all = new Set<string>();
    for (const need of task.needs) {
      all.add(need);
      for (const further of visit(need)) all.add(further);
    }
    open.delete(id);
    ancestors.set(id, all);
    const needs = task.needs.filter(
      (need) => !task.needs.some((other) => other !== need && ancestors.get(other)?.has(need)),
    );
    sorted.push({ ...task, needs });
    return all;
  };
  for (const task of tasks) visit(task.id);
  return sorted;
}
