import type { Task } from '../graph/task.ts';
import { type Board, isOver } from './board.ts';
import { createDecisions } from './decisions.ts';
import { inWindows } from './in-windows.ts';
import type { Failure } from './protocol.ts';
import { runTask, type TaskContext } from './run-task.ts';

interface PuttingBack {
  tasks: readonly Task[];
  board: Board;
  context: TaskContext;
  parallelism: number;
  /** Tasks of which it is not known how far they came. */
  lost: ReadonlySet<string>;
  /** Told before the first of them starts, and whenever one is over. */
  say: () => void;
}

/** What could not be put back, and why. */
export interface LeftAway {
  task: string;
  failure: Failure | undefined;
}

/**
 * At an early end: does the tasks that undo what has begun, each once with its retries, and returns those that failed. Nobody is waited for:
 * whoever ended the operation is told what is left.
 */
export async function putBack({ tasks, board, context, parallelism, lost, say }: PuttingBack): Promise<LeftAway[]> {
  const hasBegun = (id: string): boolean => lost.has(id) || board.view(id).startedAt !== undefined;
  const due = tasks.filter(
    (t) => t.restores !== undefined && t.skip === undefined && !isOver(board.view(t.id).state) && hasBegun(t.restores),
  );
  if (due.length === 0) return [];
  say();
  const left: LeftAway[] = [];
  await inWindows(due, parallelism, async (task) => {
    const news = async (): Promise<void> => say();
    // The operation stops, but this goes on.
    const done = await runTask(task, { ...context, onFailure: 'abort', board, decisions: createDecisions(), news });
    if (!done) left.push({ task: task.id, failure: board.view(task.id).failure });
    say();
  });
  return left;
}
