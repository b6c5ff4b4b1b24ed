import {
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { Activities, TaskInput } from '../activities/contract.ts';
import type { Task } from '../graph/task.ts';
import { createBoard } from './board.ts';
import { laneDecisions } from './decisions.ts';
import { failureOf } from './failure.ts';
import { now } from './now.ts';
import { policies } from './policies.ts';
import { type LaneProgress, PROGRESS_QUERY, type TaskView } from './protocol.ts';

export interface LaneInput {
  context: Omit<TaskInput, 'task' | 'issuedAt'>;
  tasks: Task[];
  /** Workflow id of the operation, which is told when a task parks. */
  parent: string;
  onFailure: 'park' | 'abort';
}

export interface LaneResult {
  /** What became of each task; those left when the lane was asked to stop are `waiting` or `parked`. */
  views: TaskView[];
}

/** Child to parent: this task parked, or goes on. */
export const taskNews = defineSignal<[TaskView]>('task-news');

/** Runs the tasks of one lane one after another; a task that fails for good parks and waits for an operator. */
export async function runLane(input: LaneInput): Promise<LaneResult> {
  const board = createBoard(now);
  board.add(input.tasks);
  setHandler(defineQuery<LaneProgress>(PROGRESS_QUERY), () => ({ stopping: decisions.yielding(), tasks: board.all() }));
  const decisions = laneDecisions((id) => board.all().some((v) => v.id === id && v.state === 'parked'));
  const parent = getExternalWorkflowHandle(input.parent);

  for (const task of input.tasks) {
    if (task.skip) continue;
    for (let round = 0; ; round++) {
      if (decisions.yielding()) return { views: board.all() };
      board.set(task.id, 'running', { round });
      try {
        const activities = proxyActivities<Activities>({
          ...policies[task.policy],
          summary: `${task.title} · ${task.host}`,
        });
        const result = await activities[task.activity]({ ...input.context, task, issuedAt: now() });
        board.set(task.id, result.changed ? 'changed' : 'unchanged', { detail: result.detail });
        break;
      } catch (error) {
        if (isCancellation(error)) throw error;
        board.set(task.id, 'parked', { failure: failureOf(error) });
        await parent.signal(taskNews, board.view(task.id));
        if (input.onFailure === 'abort') return { views: board.all() };
        const decision = await decisions.on(task.id);
        if (decision.say === 'yield') return { views: board.all() };
        if (decision.say === 'skip') {
          board.set(task.id, 'skipped', { detail: decision.reason });
          await parent.signal(taskNews, board.view(task.id));
          break;
        }
        await parent.signal(taskNews, { ...board.view(task.id), state: 'running' });
      }
    }
  }
  return { views: board.all() };
}
