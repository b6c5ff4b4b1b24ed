import type { Task } from './task.ts';

/**
 * A run of tasks on one host that nobody else waits in the middle of: it can be handed to a child workflow as a whole,
 * so that a host is one row in the Web UI and the parent's history stays small.
 */
export interface Lane {
  /** Id of its first task. */
  id: string;
  host: string;
  tasks: Task[];
  /** Lanes that must be done before. */
  needs: string[];
}

/** Contracts a plan's tasks to lanes: two neighbours share a lane when each is the only one that the other knows. */
export function lanesOf(tasks: readonly Task[]): Lane[] {
  const dependents = new Map<string, string[]>();
  for (const t of tasks) for (const need of t.needs) dependents.set(need, [...(dependents.get(need) ?? []), t.id]);
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const laneOf = new Map<string, Lane>();
  const lanes: Lane[] = [];
  for (const task of tasks) {
    const [only, ...others] = task.needs;
    const before = only === undefined || others.length > 0 ? undefined : byId.get(only);
    const isGate = task.gate !== undefined || before?.gate !== undefined;
    const joins = before && !isGate && before.host === task.host && dependents.get(before.id)?.length === 1;
    const lane = joins ? laneOf.get(before.id) : undefined;
    if (lane) {
      lane.tasks.push(task);
      laneOf.set(task.id, lane);
    } else {
      const fresh: Lane = { id: task.id, host: task.host, tasks: [task], needs: [] };
      lanes.push(fresh);
      laneOf.set(task.id, fresh);
    }
  }
  for (const lane of lanes) {
    lane.needs = [...new Set((lane.tasks[0]?.needs ?? []).map((need) => laneOf.get(need)?.id ?? need))];
  }
  return lanes;
}
