import { condition } from '@temporalio/workflow';
import type { Board } from './board.ts';
import { type Failure, PLAN_STEP } from './protocol.ts';

interface Unplannable {
  board: Board;
  cluster: string;
  failure: Failure;
  say: () => void;
  /** Another correction or an abort came. */
  stopped: () => boolean;
}

/** Waits for a word on a plan that could not be made from a corrected file: another correction, a retry, an abort. */
export async function parkPlan({ board, cluster, failure, say, stopped }: Unplannable): Promise<void> {
  const id = `${PLAN_STEP}/${cluster}`;
  const task = { id, step: PLAN_STEP, host: cluster, title: 'Preflight and plan', needs: [] };
  board.add([{ ...task, activity: 'applyEffects', policy: 'quick', vital: true }]);
  board.set(id, 'parked', { failure });
  say();
  await condition(() => stopped() || board.view(id).state !== 'parked');
  board.forget((view) => view.id !== id);
}
