import { KhaError } from '../../../src/cluster/error.ts';
import type { Operations, OperationSummary, Outcome } from '../../../src/ports/operations.ts';
import type { OperationInput, Progress } from '../../../src/workflows/protocol.ts';

export const RUNNING: OperationSummary = {
  workflowId: 'kha/demo',
  runId: 'r',
  cluster: 'demo',
  operation: 'add-worker',
  state: 'running',
  startedAt: 0,
};

const DONE: Progress = {
  operation: 'add-worker',
  cluster: 'demo',
  phase: 'done',
  startedAt: 0,
  stopping: false,
  tasks: [],
  lanes: [],
  said: [],
};

const failed: Outcome = {
  state: 'failed',
  failure: { message: 'aborted: enough', code: 'KHA7001', blame: 'host', lastLines: [] },
};

/** A Temporal whose operations are over as soon as they are started; `fails` is one that fails, `running` one that runs already. */
export function fakeOperations(world: {
  onStart: (input: OperationInput) => Promise<void>;
  fails?: string;
  running?: OperationSummary | undefined;
  /** It can't be reached. */
  dead?: boolean;
}): Operations {
  let last = world.running;
  let runs = 0;
  const never = () => Promise.reject(new Error('not part of this test'));
  return {
    place: { address: 'a', namespace: 'n' },
    start: async (input) => {
      await world.onStart(input);
      last = { ...RUNNING, operation: input.operation, runId: String(++runs), state: 'completed' };
      return { workflowId: last.workflowId, runId: last.runId };
    },
    describe: async (_, runId) => {
      if (world.dead) throw new KhaError('No Temporal.', { code: 'KHA6001', blame: 'temporal' });
      return runId !== undefined && last ? { ...last, state: 'completed' } : last;
    },
    progress: async () => DONE,
    outcome: async () => {
      const { operation = '' } = last ?? {};
      if (last) last = { ...last, state: 'completed' };
      if (operation === world.fails) return failed;
      const counts = { changed: 1, unchanged: 0, skipped: 0 };
      return {
        state: 'completed',
        result: { operation, cluster: 'demo', planDigest: '', durationMs: 1, ...counts },
      };
    },
    decide: never,
    leaveWord: never,
    spoken: never,
    list: never,
    retry: never,
    skip: never,
    abort: never,
    workers: never,
    serverVersion: never,
    close: async () => undefined,
  };
}
