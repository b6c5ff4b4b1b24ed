import { defineQuery, defineSignal, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import type { Task } from '../graph/task.ts';
import { createBoard } from './board.ts';
import { createDecisions, retrySignal, skipping, skipSignal, yieldSignal } from './decisions.ts';
import { now } from './now.ts';
import { type LaneProgress, PROGRESS_QUERY, type TaskView } from './protocol.ts';
import { runTask, type TaskContext } from './run-task.ts';

export interface LaneInput extends TaskContext {
  tasks: Task[];
  /** Workflow id of the operation, which is told when a task parks. */
  parent: string;
}

export interface LaneResult {
  /** What became of each task; those left when the lane was asked to stop are `waiting` or `parked`. */
  views: TaskView[];
}

/** Child to parent: this task parked, or goes on. */
export const taskNews = defineSignal<[TaskView]>('task-news');

/** Runs the tasks of one lane one after another. */
export async function runLane({ tasks, parent, ...context }: LaneInput): Promise<LaneResult> {
  const board = createBoard(now);
  board.add(tasks);
  const decisions = createDecisions();
  setHandler(defineQuery<LaneProgress>(PROGRESS_QUERY), () => ({ stopping: decisions.stopped(), tasks: board.all() }));
  setHandler(retrySignal, ({ task }) => decisions.note(task, { say: 'retry' }));
  setHandler(skipSignal, (request) => decisions.note(request.task, skipping(request)));
  setHandler(yieldSignal, decisions.stop);

  const operation = getExternalWorkflowHandle(parent);
  const news = (view: TaskView): Promise<void> => operation.signal(taskNews, view);
  for (const task of tasks) if (!(await runTask(task, { ...context, board, decisions, news }))) break;
  return { views: board.all() };
}
