import { condition, defineSignal } from '@temporalio/workflow';
import { ABORT_SIGNAL, RETRY_SIGNAL, SKIP_SIGNAL } from './protocol.ts';
import type { Word } from './words.ts';

/** What an operator said about a parked task; `yield` asks to stop at the next boundary. */
export type Decision = { say: 'retry' } | { say: 'skip'; reason: string } | { say: 'yield' };

/** The operators' words on the parked tasks of one workflow. */
export interface Decisions {
  /** From now on a word on this task is heard: before anybody is told that it parked. */
  open: (task: string) => void;
  /** Waits for a word on an open task, and closes it. */
  on: (task: string) => Promise<Decision>;
  /** Is it open here? */
  isWaiting: (task: string) => boolean;
  /**
   * Hands on a word. Returns false, and does nothing, where nobody waits for one (it must not act on a later failure), or
   * another word came first.
   */
  note: (task: string, decision: Decision) => boolean;
  /** Stop at the next boundary: an abort, or a plan that is made anew. */
  stop: () => void;
  stopped: () => boolean;
  /** A new pass begins: nothing is open, nothing stops. */
  restart: () => void;
}

/** People send these too, so their input may be anything: see words.ts. */
export const retrySignal = defineSignal<unknown[]>(RETRY_SIGNAL);
export const skipSignal = defineSignal<unknown[]>(SKIP_SIGNAL);
export const abortSignal = defineSignal<unknown[]>(ABORT_SIGNAL);
/** Parent to child. */
export const yieldSignal = defineSignal('yield');

/** A word on a task as the decision that it is. */
export const decisionOf = ({ say, reason, by }: Word): Decision =>
  say === 'retry'
    ? { say }
    : { say: 'skip', reason: `${reason ?? 'skipped by an operator'}${by === undefined ? '' : ` (${by})`}` };

export function createDecisions(): Decisions {
  const waiting = new Set<string>();
  const said = new Map<string, Decision>();
  let stopped = false;
  return {
    open: (task) => void waiting.add(task),
    on: async (task) => {
      await condition(() => stopped || said.has(task));
      waiting.delete(task);
      const decision = said.get(task) ?? { say: 'yield' };
      said.delete(task);
      return decision;
    },
    isWaiting: (task) => waiting.has(task),
    note: (task, decision) => {
      if (!waiting.has(task) || said.has(task)) return false;
      said.set(task, decision);
      return true;
    },
    stop: () => {
      stopped = true;
    },
    stopped: () => stopped,
    restart: () => {
      waiting.clear();
      said.clear();
      stopped = false;
    },
  };
}
