import { condition, defineSignal } from '@temporalio/workflow';
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

/** The operators' words on the parked tasks of one workflow. */
export interface Decisions {
  /** Waits for a word on this task. */
  on: (task: string) => Promise<Decision>;
  /** Does somebody wait for a word on it here? */
  isWaiting: (task: string) => boolean;
  /** Hands on a word; `*` is for all that wait. A word on a task that does not wait is dropped: it must not act on a later failure. */
  note: (task: string, decision: Decision) => void;
  /** Stop at the next boundary: an abort, or a plan that is made anew. */
  stop: () => void;
  stopped: () => boolean;
}

export const retrySignal = defineSignal<[RetryRequest]>(RETRY_SIGNAL);
export const skipSignal = defineSignal<[SkipRequest]>(SKIP_SIGNAL);
export const abortSignal = defineSignal<[AbortRequest]>(ABORT_SIGNAL);
/** Parent to child. */
export const yieldSignal = defineSignal('yield');

export const skipping = (request: SkipRequest): Decision => ({
  say: 'skip',
  reason: request.reason ?? 'skipped by an operator',
});

export function createDecisions(): Decisions {
  const waiting = new Set<string>();
  const said = new Map<string, Decision>();
  let stopped = false;
  return {
    on: async (task) => {
      waiting.add(task);
      await condition(() => stopped || said.has(task));
      waiting.delete(task);
      const decision = said.get(task) ?? { say: 'yield' };
      said.delete(task);
      return decision;
    },
    isWaiting: (task) => waiting.has(task),
    note: (task, decision) => {
      for (const target of task === '*' ? waiting : [task]) if (waiting.has(target)) said.set(target, decision);
    },
    stop: () => {
      stopped = true;
    },
    stopped: () => stopped,
  };
}
