import { condition } from '@temporalio/workflow';
import type { Lane } from '../graph/lanes.ts';
import { type Board, isOver } from './board.ts';

interface Walk {
  lanes: Lane[];
  board: Board;
  limit: number;
  start: (lane: Lane) => Promise<void>;
  news: () => number;
  stopped: () => boolean;
}

/**
 * Starts every lane whose needs are over, at most `limit` at once, until all are over or the walk is stopped. One that is parked, or a
 * gate, waits for a person or a time and does not count: it must not keep the others from going on.
 */
export async function walkLanes({ lanes, board, limit, start, news, stopped }: Walk): Promise<void> {
  const started = new Map<string, Promise<void>>();
  let broken: unknown;
  const over = (lane: Lane): boolean => lane.tasks.every((t) => isOver(board.view(t.id).state));
  const parked = (lane: Lane): boolean => lane.tasks.some((t) => board.view(t.id).state === 'parked');
  const isGate = (lane: Lane): boolean => lane.tasks.some((t) => t.gate !== undefined);
  for (;;) {
    if (broken) throw broken;
    const seen = news();
    const finished = new Set(lanes.filter(over).map((l) => l.id));
    if (!stopped()) {
      let busy = lanes.filter((l) => started.has(l.id) && !parked(l) && !isGate(l)).length;
      for (const lane of lanes) {
        if (busy >= limit && !isGate(lane)) continue;
        const ready =
          !finished.has(lane.id) && !started.has(lane.id) && !parked(lane) && lane.needs.every((n) => finished.has(n));
        if (!ready) continue;
        if (!isGate(lane)) busy++;
        started.set(
          lane.id,
          start(lane).then(
            () => void started.delete(lane.id),
            (error: unknown) => {
              started.delete(lane.id);
              broken = error;
            },
          ),
        );
      }
    }
    const left = lanes.some((l) => !over(l));
    if (started.size === 0 && (stopped() || !left)) return;
    const count = started.size;
    // Wakes for a lane that ended, a signal, or a lane that could not be started.
    await condition(
      () => broken !== undefined || started.size !== count || news() !== seen || (stopped() && started.size === 0),
    );
  }
}
