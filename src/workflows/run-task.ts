import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities, TaskInput } from '../activities/contract.ts';
import type { Task } from '../graph/task.ts';
import type { Board } from './board.ts';
import type { Decisions } from './decisions.ts';
import { failureOf } from './failure.ts';
import { now } from './now.ts';
import { policies } from './policies.ts';
import type { TaskView } from './protocol.ts';

/** What tasks of one pass have in common. */
export interface TaskContext {
  input: Omit<TaskInput, 'task' | 'issuedAt'>;
  onFailure: 'park' | 'abort';
}

export interface Running extends TaskContext {
  board: Board;
  decisions: Decisions;
  /** Told when the task parks, and when it goes on after that. */
  news: (view: TaskView) => Promise<void>;
}

/**
 * Runs a task until it is over: after a failure for good it parks and waits for an operator's word. Returns false when it
 * was left undone because the operation stops.
 */
export async function runTask(task: Task, { input, onFailure, board, decisions, news }: Running): Promise<boolean> {
  if (task.skip) return true;
  for (let { round } = board.view(task.id); ; round++) {
    if (decisions.stopped()) return false;
    board.set(task.id, 'running', { round });
    try {
      const activities = proxyActivities<Activities>({
        ...policies[task.policy],
        summary: `${task.title} · ${task.host}`,
      });
      const result = await activities[task.activity]({ ...input, task, issuedAt: now() });
      const { changed, detail, warnings } = result;
      board.set(task.id, changed ? 'changed' : 'unchanged', { detail, ...(warnings ? { warnings } : {}) });
      return true;
    } catch (error) {
      if (isCancellation(error)) throw error;
      board.set(task.id, 'parked', { failure: failureOf(error) });
      decisions.open(task.id);
    }
    await news(board.view(task.id));
    if (onFailure === 'abort') return false;
    const decision = await decisions.on(task.id);
    if (decision.say === 'yield') return false;
    if (decision.say === 'skip') {
      board.set(task.id, 'skipped', { detail: decision.reason });
      await news(board.view(task.id));
      return true;
    }
    await news({ ...board.view(task.id), state: 'running' });
  }
}
