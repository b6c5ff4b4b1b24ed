import type { RemoteCommand } from '../../src/ports/store.ts';

export interface PathTask {
  id: string;
  needs: string[];
}

export interface CriticalPath {
  /** ms that the remote commands on the longest way through the plan took. */
  ms: number;
  /** The tasks of that way, in order, with the ms of their own commands. */
  tasks: { id: string; ms: number }[];
}

/** Time in which at least one command of the list ran. */
function busy(commands: readonly { startedAt: number; endedAt: number }[]): number {
  let total = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const c of [...commands].sort((a, b) => a.startedAt - b.startedAt)) {
    total += Math.max(0, c.endedAt - Math.max(c.startedAt, end));
    end = Math.max(end, c.endedAt);
  }
  return total;
}

/** The longest way through a plan, counting nothing but the time in which remote commands ran. */
export function criticalPath(tasks: readonly PathTask[], commands: readonly RemoteCommand[]): CriticalPath {
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const own = new Map(tasks.map((t) => [t.id, busy(commands.filter((c) => c.task === t.id))]));
  const best = new Map<string, { ms: number; via?: string }>();
  const visit = (id: string): number => {
    const known = best.get(id);
    if (known) return known.ms;
    let ms = 0;
    let via: string | undefined;
    for (const need of byId.get(id)?.needs ?? []) {
      const before = visit(need);
      if (before > ms) [ms, via] = [before, need];
    }
    const total = ms + (own.get(id) ?? 0);
    best.set(id, via === undefined ? { ms: total } : { ms: total, via });
    return total;
  };
  let last: string | undefined;
  let longest = -1;
  for (const { id } of tasks) if (visit(id) > longest) [longest, last] = [visit(id), id];
  const path: CriticalPath['tasks'] = [];
  for (let id = last; id !== undefined; id = best.get(id)?.via) path.unshift({ id, ms: own.get(id) ?? 0 });
  return { ms: Math.max(0, longest), tasks: path };
}
