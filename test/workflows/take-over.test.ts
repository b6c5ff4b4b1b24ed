import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { takeOver } from '../../src/adapters/take-over.ts';
import type { TaskInput } from '../../src/activities/contract.ts';
import { TASK_QUEUE } from '../../src/workflows/protocol.ts';
import { startTemporal } from './temporal.ts';
import { runIn, task } from './world.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal();
}, 120_000);
afterAll(() => env.teardown());

/** The first attempt is as one whose worker was killed: it never ends, though its heartbeats go on for the test's sake. */
const hangingOnce = (attempts: number[]) => async (input: TaskInput) => {
  const { info, heartbeat, cancelled } = Context.current();
  attempts.push(info.attempt);
  if (info.attempt > 1 || input.task.id !== 'init/m1') return;
  for (;;) {
    heartbeat();
    await Promise.race([pause(200), cancelled]);
  }
};

const takeOverFrom = (dead: (identity: string) => boolean): Promise<number> =>
  takeOver(env.client, TASK_QUEUE, async (identity) => dead(identity));

test('a task of a dead worker is given out again at once, and goes on as its next attempt', async () => {
  const attempts: number[] = [];
  const { result } = await runIn(
    env,
    'dead',
    { plans: { v1: [task('init/m1')] }, on: hangingOnce(attempts) },
    async () => {
      await vi.waitFor(() => expect(attempts).toEqual([1]), { timeout: 60_000 });
      // Lists come from an index that follows a moment later.
      await vi.waitFor(async () => expect(await takeOverFrom((id) => id.startsWith(`${process.pid}@`))).toBe(1), {
        timeout: 60_000,
      });
    },
  );
  expect(attempts).toEqual([1, 2]);
  expect(result).toMatchObject({ changed: 1 });
});

test('a task of a worker that lives stays where it is', async () => {
  const attempts: number[] = [];
  const goOn = new AbortController();
  const on = async () => {
    attempts.push(Context.current().info.attempt);
    while (!goOn.signal.aborted) {
      Context.current().heartbeat();
      await pause(100);
    }
  };
  const isThere = (handle: WorkflowHandle) => async () =>
    expect((await handle.describe()).raw.pendingActivities).toHaveLength(1);
  const { result } = await runIn(env, 'alive', { plans: { v1: [task('init/m1')] }, on }, async (handle) => {
    await vi.waitFor(() => expect(attempts).toEqual([1]), { timeout: 60_000 });
    await vi.waitFor(isThere(handle), { timeout: 60_000 });
    expect(await takeOverFrom(() => false)).toBe(0);
    goOn.abort();
  });
  expect(attempts).toEqual([1]);
  expect(result).toMatchObject({ changed: 1 });
});
