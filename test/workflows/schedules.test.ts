import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { forgetSchedules } from '../../src/activities/keep-schedules.ts';
import { createOperations } from '../../src/adapters/temporal-operations.ts';
import { createSchedules } from '../../src/adapters/temporal-schedules.ts';
import type { ScheduleState, Schedules } from '../../src/ports/schedules.ts';
import { BAD_CRONS, GOOD_CRONS } from '../fakes/cron-samples.ts';
import { startTemporal, startWorker } from './temporal.ts';
import { activitiesOf, inputOf, refuse, scheduledOf, task, until, type World } from './world.ts';

// What Temporal makes of kha's schedules; the clock is real here.

const plans = { v1: [task('init/m1')] };

let env: TestWorkflowEnvironment;
let schedules: Schedules;
let place: { address: string; namespace: string };
beforeAll(async () => {
  env = await startTemporal();
  place = { address: env.address, namespace: env.namespace ?? 'default' };
  schedules = createSchedules(env.client, place);
}, 120_000);
afterAll(() => env?.teardown());

async function inWorld<T>(world: World, act: (ran: string[]) => Promise<T>): Promise<T> {
  const ran: string[] = [];
  return (await startWorker(env, activitiesOf(world, ran))).runUntil(() => act(ran));
}

const stateOf = async (cluster: string, name = 'nightly'): Promise<ScheduleState> => {
  const state = await schedules.describe(cluster, name);
  if (!state) throw new Error(`no schedule ${name}`);
  return state;
};
const seen = <T>(look: () => Promise<T>): Promise<T> => vi.waitFor(look, { timeout: 40_000, interval: 200 });

test('makes, changes, pauses and forgets a schedule, and tells its next times', async () => {
  expect(await schedules.describe('kept', 'nightly')).toBeUndefined();
  const input = scheduledOf('kept', {
    cron: ['30 3 * * *'],
    timezone: 'Asia/Kolkata',
    overlap: 'buffer-one',
    catchUpSeconds: 3600,
    pauseOnFailure: true,
  });
  await schedules.put(input);
  const made = await stateOf('kept');
  expect(made).toMatchObject({ input, paused: false, recent: [], running: [], counts: { started: 0 } });
  expect(made.next.length).toBeGreaterThan(1);
  for (const at of made.next) expect(new Date(at).toISOString().slice(11, 16)).toBe('22:00');
  const { policies } = await env.client.schedule.getHandle('kha/kept/nightly').describe();
  expect(policies).toEqual({ overlap: 'BUFFER_ONE', catchupWindow: 3_600_000, pauseOnFailure: true });

  await schedules.pause('kept', 'nightly', 'paused by ann@desk: freeze');
  await schedules.put({ ...input, cron: ['0 5 * * *'], timezone: 'UTC' });
  expect(await stateOf('kept')).toMatchObject({
    input: { cron: ['0 5 * * *'] },
    paused: true,
    note: 'paused by ann@desk: freeze',
    next: [],
  });
  await schedules.resume('kept', 'nightly', 'resumed');
  expect(new Date((await stateOf('kept')).next[0] ?? 0).toISOString()).toMatch(/T05:00/);

  await schedules.put(scheduledOf('other-one'));
  await seen(async () =>
    expect((await schedules.list()).map(({ input: i }) => `${i.cluster}/${i.name}`)).toEqual([
      'kept/nightly',
      'other-one/nightly',
    ]),
  );
  expect((await schedules.list('kept')).map(({ input: i }) => i.cluster)).toEqual(['kept']);
  // A worker has another kind of connection.
  const ofWorker = createSchedules(new Client({ connection: env.nativeConnection, namespace: place.namespace }), place);
  await forgetSchedules(ofWorker, 'other-one');
  expect(await ofWorker.describe('other-one', 'nightly')).toBeUndefined();
  expect(await ofWorker.delete('kept', 'nightly')).toBe(true);
  expect(await schedules.delete('kept', 'nightly')).toBe(false);
  expect(await schedules.describe('kept', 'nightly')).toBeUndefined();
});

test('says what Temporal refuses', async () => {
  await expect(schedules.put(scheduledOf('bad', { cron: ['61 3 * * *'] }))).rejects.toMatchObject({ code: 'KHA1041' });
  await expect(schedules.put(scheduledOf('bad', { timezone: 'Europe/Nowhere' }))).rejects.toMatchObject({
    code: 'KHA1041',
    hint: expect.stringContaining('Europe/Nowhere') as string,
  });
});

test('Temporal takes and refuses the cron expressions that kha takes and refuses', async () => {
  for (const cron of GOOD_CRONS) await schedules.put(scheduledOf('grammar', { cron: [cron] }));
  for (const cron of BAD_CRONS)
    await expect(schedules.put(scheduledOf('grammar', { cron: [cron] })), cron).rejects.toMatchObject({
      code: 'KHA1041',
    });
  await schedules.delete('grammar', 'nightly');
});

test(
  'comes due by the clock, runs as an operation, and tells of it',
  () =>
    inWorld({ plans }, async (ran) => {
      await schedules.put(scheduledOf('ticking', { cron: ['@every 3s'] }));
      await seen(async () => {
        const { recent } = await stateOf('ticking');
        expect(recent[0]).toMatchObject({ state: 'completed' });
      });
      await schedules.delete('ticking', 'nightly');
      expect(ran[0]).toBe('init/m1');
      const [operation] = await createOperations(env.client, place).list({ cluster: 'ticking', limit: 10 });
      expect(operation).toMatchObject({ workflowId: 'kha/ticking', operation: 'init-cluster', by: 'schedule nightly' });
    }),
  60_000,
);

test('a run that waits is shown as waiting, can be cancelled, and goes on with another worker', async () => {
  let broken = true;
  const on: World['on'] = () => (broken ? refuse('m1 is broken') : undefined);
  const operations = createOperations(env.client, place);
  const other = await inWorld({ plans, on }, async () => {
    const begun = await env.client.workflow.start('initCluster', {
      args: [inputOf('busy')],
      taskQueue: 'kha',
      workflowId: 'kha/busy',
      searchAttributes: { KhaCluster: ['busy'], KhaOperation: ['init-cluster'] },
    });
    await until(begun, 'init/m1', 'parked');
    await schedules.put(scheduledOf('busy'));
    await schedules.trigger('busy', 'nightly');
    await seen(async () => expect((await stateOf('busy')).running).toMatchObject([{ state: 'waiting' }]));
    const waiting = async (): Promise<unknown> =>
      (await operations.list({ cluster: 'busy', limit: 10 })).map((o) => [o.operation, o.state, o.by]);
    const both = [
      ['init-cluster', 'waiting', 'schedule nightly'],
      ['init-cluster', 'running', undefined],
    ];
    await seen(async () => expect(await waiting()).toEqual(both));
    // What is due while it waits is left out.
    await schedules.trigger('busy', 'nightly');
    await seen(async () => expect((await stateOf('busy')).counts.skipped).toBe(1));

    await seen(async () => expect(await schedules.cancelWaiting('busy', 'nightly')).toHaveLength(1));
    await seen(async () => expect((await stateOf('busy')).recent[0]).toMatchObject({ state: 'cancelled' }));

    await schedules.trigger('busy', 'nightly');
    await seen(async () => expect((await stateOf('busy')).running).toMatchObject([{ state: 'waiting' }]));
    return begun;
  });
  // That worker is gone; another one finds the wait in the history.
  broken = false;
  await inWorld({ plans, on }, async () => {
    await other.signal('retry');
    await other.result();
    await seen(async () => expect((await stateOf('busy')).recent[0]).toMatchObject({ state: 'completed' }));
  });
  expect((await operations.list({ cluster: 'busy', limit: 10 })).map((o) => o.state)).toEqual([
    'completed',
    'cancelled',
    'completed',
  ]);
  await schedules.delete('busy', 'nightly');
}, 120_000);

test(
  'a run that waits can be cancelled at any moment',
  () =>
    inWorld({ plans, on: () => refuse('m1 is broken') }, async () => {
      const other = await env.client.workflow.start('initCluster', {
        args: [inputOf('cancelled')],
        taskQueue: 'kha',
        workflowId: 'kha/cancelled',
      });
      await until(other, 'init/m1', 'parked');
      const runs = Array.from({ length: 25 }, async (_, i) => {
        const run = await env.client.workflow.start('scheduledRun', {
          args: [scheduledOf('cancelled')],
          taskQueue: 'kha',
          workflowId: `kha/cancelled/nightly-${i}`,
        });
        await new Promise((resolve) => setTimeout(resolve, i * 25));
        await run.cancel();
        const ended = await run.result().catch((error: unknown) => error);
        return (ended as { cause?: Error }).cause?.name;
      });
      expect(new Set(await Promise.all(runs))).toEqual(new Set(['CancelledFailure']));
      await other.terminate();
    }),
  60_000,
);

test('of several that are due at once each runs, one after another', () => {
  let running = 0;
  let most = 0;
  const on = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 300));
    running--;
  };
  return inWorld({ plans, on }, async (ran) => {
    const names = ['a', 'b', 'c'];
    for (const name of names) await schedules.put(scheduledOf('crowded', { name }));
    await Promise.all(names.map((name) => schedules.trigger('crowded', name)));
    for (const name of names)
      await seen(async () => expect((await stateOf('crowded', name)).recent[0]).toMatchObject({ state: 'completed' }));
    expect(ran).toEqual(['init/m1', 'init/m1', 'init/m1']);
    expect(most).toBe(1);
  });
}, 120_000);

test(
  'a run that fails says why, and pauses its schedule where that was asked for',
  () =>
    inWorld({ plans, recorded: () => refuse('there is no cluster lost any more') }, async () => {
      await schedules.put(scheduledOf('lost', { pauseOnFailure: true }));
      await schedules.trigger('lost', 'nightly');
      await seen(async () =>
        expect(await stateOf('lost')).toMatchObject({
          paused: true,
          recent: [{ state: 'failed', reason: 'there is no cluster lost any more' }],
        }),
      );
      const [run] = await createOperations(env.client, place).list({ cluster: 'lost', limit: 10 });
      expect(run).toMatchObject({ operation: 'init-cluster', state: 'failed', cluster: 'lost' });
    }),
  60_000,
);
