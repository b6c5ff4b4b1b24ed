import type { RemoteCommand } from '../../src/ports/store.ts';

export interface PathTask {
  id: string;
  needs: string[];
}

export interface CriticalPath {
  /** ms that the remote commands on the longest way through the plan took. */
  ms: number;
  /**
   * The tasks of that way, in order: ms of their own commands; ms from the end of the one before (or from `from`) to their
   * first command; ms within the task in which no command ran.
   */
  tasks: { id: string; ms: number; before: number; idle: number }[];
  /** ms from the last command of the way to `to`. */
  after: number;
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
export function criticalPath(
  tasks: readonly PathTask[],
  commands: readonly RemoteCommand[],
  { from, to }: { from: number; to: number },
): CriticalPath {
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
  const ids: string[] = [];
  for (let id = last; id !== undefined; id = best.get(id)?.via) ids.unshift(id);
  let end = from;
  const path = ids.map((id) => {
    const of = commands.filter((c) => c.task === id);
    const first = Math.min(...of.map((c) => c.startedAt));
    const previous = end;
    end = Math.max(...of.map((c) => c.endedAt));
    const ms = own.get(id) ?? 0;
    return { id, ms, before: first - previous, idle: end - first - ms };
  });
  return { ms: Math.max(0, longest), tasks: path, after: to - end };
}
