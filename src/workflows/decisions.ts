import { condition, setHandler, defineSignal } from '@temporalio/workflow';
import {
  ABORT_SIGNAL,
  type AbortRequest,
  RETRY_SIGNAL,
  type RetryRequest,
  SKIP_SIGNAL,
  type SkipRequest,
} from './protocol.ts';

/** What an operator said about a parked task; `yield` asks to stop at the next boundary. */
export type Decision = { say: 'retry' } | { say: 'skip'; reason: string } | { say: 'yield' };

/** Collects the operators' signals of one workflow. */
export interface Decisions {
  /** Waits for a word on this task. */
  on: (task: string) => Promise<Decision>;
  /** Stop at the next boundary: an abort, or a plan that is made anew. */
  yielding: () => boolean;
}

export const retrySignal = defineSignal<[RetryRequest]>(RETRY_SIGNAL);
export const skipSignal = defineSignal<[SkipRequest]>(SKIP_SIGNAL);
export const abortSignal = defineSignal<[AbortRequest]>(ABORT_SIGNAL);
/** Parent to child. */
export const yieldSignal = defineSignal('yield');

/** Signals of a lane: for its own tasks, from its parent or straight from an operator. */
export function laneDecisions(isParked: (task: string) => boolean): Decisions {
  const said = new Map<string, Decision>();
  let yielding = false;
  let waiting: string | undefined;
  const note = (task: string, decision: Decision): void => {
    const target = task === '*' ? waiting : task;
    // A word on a task that is not parked is too late or a typo: it must not act on a later failure.
    if (target !== undefined && isParked(target)) said.set(target, decision);
  };
  setHandler(retrySignal, (r) => note(r.task, { say: 'retry' }));
  setHandler(skipSignal, (r) => note(r.task, { say: 'skip', reason: r.reason ?? 'skipped by an operator' }));
  setHandler(yieldSignal, () => {
    yielding = true;
  });
  return {
    yielding: () => yielding,
    on: async (task) => {
      waiting = task;
      await condition(() => yielding || said.has(task));
      waiting = undefined;
      const decision = said.get(task) ?? { say: 'yield' };
      said.delete(task);
      return decision;
    },
  };
}
