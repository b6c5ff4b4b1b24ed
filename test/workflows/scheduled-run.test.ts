import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OperationResult, ScheduledInput } from '../../src/workflows/protocol.ts';
import { startSkippingTemporal, startWorker } from './temporal.ts';
import { activitiesOf, inputOf, refuse, scheduledOf, task, until, type World } from './world.ts';

// What a schedule starts, with a clock that jumps: waiting takes hours here.

const HOUR_MS = 3_600_000;
const plans = { v1: [task('init/m1')], v2: [task('init/m1'), task('join/m1', ['init/m1'])] };

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startSkippingTemporal();
}, 120_000);
afterAll(() => env?.teardown());

const start = (input: ScheduledInput): Promise<WorkflowHandle> =>
  env.client.workflow.start('scheduledRun', {
    args: [input],
    taskQueue: 'kha',
    workflowId: `kha/${input.cluster}/${input.name}-${Math.random()}`,
  });
const startOther = (cluster: string): Promise<WorkflowHandle> =>
  env.client.workflow.start('initCluster', {
    args: [inputOf(cluster)],
    taskQueue: 'kha',
    workflowId: `kha/${cluster}`,
  });

async function inWorld<T>(world: World, act: (ran: string[]) => Promise<T>): Promise<T> {
  const ran: string[] = [];
  return (await startWorker(env, activitiesOf(world, ran))).runUntil(() => act(ran));
}

const eventsOf = async (handle: WorkflowHandle): Promise<number> => (await handle.fetchHistory()).events?.length ?? 0;

test('starts its operation under the id that is the lock, and ends as that ends', () =>
  inWorld({ plans }, async (ran) => {
    const run = await start(scheduledOf('free'));
    expect(((await run.result()) as OperationResult).operation).toBe('init-cluster');
    expect(ran).toEqual(['init/m1']);
    const { memo, status } = await env.client.workflow.getHandle('kha/free').describe();
    expect(status.name).toBe('COMPLETED');
    expect(memo).toMatchObject({ by: 'schedule nightly' });
  }));

test('waits for the operation that runs, then takes what that one has recorded', () => {
  let recorded = 'v1';
  const on: World['on'] = () => (recorded === 'v1' ? refuse('m1 is broken') : undefined);
  return inWorld({ plans, recorded: () => recorded, on }, async (ran) => {
    const other = await startOther('busy');
    await until(other, 'init/m1', 'parked');
    const run = await start(scheduledOf('busy'));
    await env.sleep(HOUR_MS);
    expect((await run.describe()).status.name).toBe('RUNNING');
    expect(ran).toEqual([]);
    recorded = 'v2';
    await other.signal('retry');
    await run.result();
    expect(ran).toEqual(['init/m1', 'init/m1', 'join/m1']);
  });
});

test('gives up after its limit, with a reason, and its waiting is cheap', () =>
  inWorld({ plans, on: () => refuse('m1 is broken') }, async () => {
    const other = await startOther('stuck');
    await until(other, 'init/m1', 'parked');
    const run = await start(scheduledOf('stuck', { waitSeconds: 6 * 3600 }));
    // Waiting for the result would let the clock run on, beyond what the server grants the other one.
    await env.sleep('7h');
    expect((await other.describe()).status.name).toBe('RUNNING');
    const ended = await run.result().catch((error: unknown) => error);
    expect(ended).toMatchObject({
      cause: { type: 'KHA7010', message: expect.stringContaining('within 6h') as string },
    });
    expect(await eventsOf(run)).toBeLessThan(4096);
  }));

test('fails with the reason where the cluster is gone, and touches nothing', () =>
  inWorld({ plans, recorded: () => refuse('there is no cluster gone any more') }, async (ran) => {
    const ended = await (await start(scheduledOf('gone'))).result().catch((error: unknown) => error);
    expect(ended).toMatchObject({ cause: { cause: { message: 'there is no cluster gone any more' } } });
    expect(ran).toEqual([]);
    await expect(env.client.workflow.getHandle('kha/gone').describe()).rejects.toThrow();
  }));

test('fails where its operation fails', () =>
  inWorld({ plans, on: () => refuse('m1 is broken') }, async () => {
    const options = { onFailure: 'abort' as const, ignorePreflightErrors: [] };
    const ended = await (await start(scheduledOf('broken', { options }))).result().catch((error: unknown) => error);
    expect(JSON.stringify(ended, Object.getOwnPropertyNames(ended))).toContain('failed');
  }));
