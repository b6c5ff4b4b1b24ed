import {
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow';
import type { Task } from '../graph/task.ts';
import { createBoard } from './board.ts';
import { createDecisions, decisionOf, retrySignal, skipSignal, yieldSignal } from './decisions.ts';
import { now } from './now.ts';
import { type LaneProgress, PROGRESS_QUERY, type TaskView } from './protocol.ts';
import { runTask, type TaskContext } from './run-task.ts';
import { isExact, isSelected } from './selection.ts';
import { readWord, type Word } from './words.ts';

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
/** Child to parent: a word was not heeded; who said it, what and why. */
export const refusal = defineSignal<[{ by?: string; text: string }]>('refusal');

/** Runs the tasks of one lane one after another. */
export async function runLane({ tasks, parent, ...context }: LaneInput): Promise<LaneResult> {
  const board = createBoard(now);
  board.add(tasks);
  const decisions = createDecisions();
  const operation = getExternalWorkflowHandle(parent);
  /** The parent may have ended in between: then nobody has to know. */
  const refuse = (text: string, by?: string): Promise<void> =>
    operation.signal(refusal, { ...(by === undefined ? {} : { by }), text }).catch(() => undefined);
  const hear =
    (say: Word['say']) =>
    async (...input: unknown[]): Promise<void> => {
      const word = readWord(say, input);
      if ('problem' in word) return refuse(`${say} is not understood: ${word.problem}`);
      const { by, parkedAt } = word;
      for (const selection of word.tasks) {
        const meant = board.all().filter((view) => isSelected(selection, view));
        // Of many that are meant those that are parked are enough; the parent knows which are.
        if (meant.length === 0) await refuse(`${say} of ${selection}: there is no such task on this lane`, by);
        for (const { id, state, endedAt } of meant) {
          const isStale = parkedAt !== undefined && parkedAt !== endedAt;
          if (!isStale && decisions.note(id, decisionOf(word))) continue;
          if (isExact(selection)) await refuse(`${say} of ${id}: ${whyNot(state, isStale)}`, by);
        }
      }
    };
  setHandler(defineQuery<LaneProgress>(PROGRESS_QUERY), () => ({ stopping: decisions.stopped(), tasks: board.all() }));
  setHandler(retrySignal, hear('retry'));
  setHandler(skipSignal, hear('skip'));
  setHandler(yieldSignal, decisions.stop);
  setDefaultSignalHandler((name) => refuse(`${name.slice(0, 40)}: a lane knows retry and skip; tell ${parent}`));

  const news = (view: TaskView): Promise<void> => operation.signal(taskNews, view);
  for (const task of tasks) if (!(await runTask(task, { ...context, board, decisions, news }))) break;
  return { views: board.all() };
}

/** Why a word on a task was not heeded. */
export const whyNot = (state: TaskView['state'], isStale: boolean): string => {
  if (state !== 'parked') return `it is not parked, it is ${state}`;
  return isStale ? 'it was tried again since and parked anew, look at it once more' : 'another word came first';
};
