import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TaskInput } from '../../src/activities/contract.ts';
import { bounded } from '../../src/workflows/board.ts';
import type {
  LaneProgress,
  OperationInput,
  OperationResult,
  Progress,
  TaskView,
} from '../../src/workflows/protocol.ts';
import { startTemporal, startWorker } from './temporal.ts';
import { activitiesOf, refuse, runIn, task, until, type World } from './world.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal();
}, 120_000);
afterAll(() => env.teardown());

const run = <T>(
  name: string,
  world: World,
  watch: (handle: WorkflowHandle, ran: string[]) => Promise<T>,
  options: Partial<OperationInput['options']> = {},
): Promise<{ result: OperationResult | Error; ran: string[]; seen: T }> => runIn(env, name, world, watch, options);

test('runs tasks in the order of their needs and counts what changed', async () => {
  const tasks = [
    task('base/m1'),
    task('base/w1'),
    task('init/m1', ['base/m1']),
    task('join/w1', ['base/w1', 'init/m1']),
    task('check/m1', ['join/w1']),
  ];
  const { result, ran } = await run('order', { plans: { v1: tasks } }, async () => undefined);
  expect(result).toMatchObject({ changed: 5, unchanged: 0, skipped: 0, planDigest: 'plan of v1' });
  for (const t of tasks) for (const need of t.needs) expect(ran.indexOf(need)).toBeLessThan(ran.indexOf(t.id));
});

test('what tasks warn of is told, also of those in a lane, and keeps nobody waiting', async () => {
  const tasks = [task('check/m1'), task('base/w1', ['check/m1']), task('join/w1', ['base/w1'])];
  const warnings = { 'check/m1': ['csr-a is not approved'], 'join/w1': ['one', 'two'] };
  const { result, seen } = await run('warnings', { plans: { v1: tasks }, warnings }, async (handle) => {
    await handle.result();
    return (await handle.query<Progress>('progress')).tasks.map((t) => [t.id, t.state, t.warnings]);
  });
  expect(result).toMatchObject({ changed: 3 });
  expect(seen).toEqual([
    ['check/m1', 'changed', ['csr-a is not approved']],
    ['base/w1', 'changed', undefined],
    ['join/w1', 'changed', ['one', 'two']],
  ]);
});

test('an operation on some hosts waits for nobody else: a helper that is silent is left out', async () => {
  const facts: Record<string, string> = {};
  const tidied: string[] = [];
  // What was read of hosts is shown until there is a plan.
  let plan: () => void = () => undefined;
  const world: World = {
    beforePlan: new Promise((resolve) => (plan = resolve)),
    plans: { v1: [task('join/w2'), task('labels/m2', ['join/w2'])] },
    helpers: ['m1', 'm2'],
    onFacts: (host) => (host === 'm1' ? refuse('no route to host') : undefined),
    onTidy: (host) => void tidied.push(host),
    on: ({ targets }) => void (facts.targets = String(targets)),
  };
  const silent = async (handle: WorkflowHandle) => until(handle, 'gather-facts/m1', 'skipped').finally(plan);
  const { result, ran, seen } = await run('targets', world, silent, { targets: ['w2'] });
  expect(seen).toMatchObject({ detail: 'it does not answer: no route to host' });
  expect(result).toMatchObject({ changed: 2 });
  expect(ran).toEqual(['join/w2', 'labels/m2']);
  expect(facts.targets).toBe('w2');
  expect(tidied.sort()).toEqual(['m2', 'w2']);
});

test('a worker that dies while it reads a helper, again and again, makes no silent host of it', async () => {
  let plan: () => void = () => undefined;
  let tries = 0;
  const world: World = {
    beforePlan: new Promise((resolve) => (plan = resolve)),
    plans: { v1: [task('join/w2')] },
    helpers: ['m1'],
    // Longer than a dead worker is waited for.
    onFacts: (host) => (host === 'm1' && ++tries <= 2 ? sleep(12_000) : undefined),
  };
  const read = async (handle: WorkflowHandle) => until(handle, 'gather-facts/m1', 'unchanged').finally(plan);
  const { seen } = await run('dead-worker', world, read, { targets: ['w2'] });
  expect(seen).toMatchObject({ detail: 'read' });
  expect(tries).toBe(3);
}, 60_000);

test('a task that fails for good parks with its reason, the others go on, and retry completes it', async () => {
  let broken = true;
  const tasks = [
    task('base/m1'),
    task('base/w1'),
    task('images/w1', ['base/w1']),
    task('init/m1', ['base/m1']),
    task('join/w1', ['images/w1', 'init/m1']),
  ];
  const on = (input: TaskInput) =>
    broken && input.task.id === 'images/w1' ? refuse('image nosuch:1 is not in the registry') : undefined;
  const { result, ran, seen } = await run('park', { plans: { v1: tasks }, on }, async (handle, ran) => {
    const parked = await until(handle, 'images/w1', 'parked');
    await until(handle, 'init/m1', 'changed');
    const before = [...ran];
    broken = false;
    await handle.signal('retry', { task: 'images/w1' });
    return { parked, before };
  });
  expect(seen.parked?.failure).toMatchObject({
    message: 'image nosuch:1 is not in the registry',
    code: 'KHA3100',
    lastLines: ['manifest unknown'],
  });
  expect(seen.before).not.toContain('join/w1');
  expect(result).toMatchObject({ changed: 5 });
  expect(ran.filter((id) => id === 'base/w1')).toHaveLength(1);
});

test('retry with a corrected declaration plans anew and repeats only what is different', async () => {
  const first = [
    task('base/m1'),
    task('images/m1', ['base/m1'], { effects: 'wrong tag' }),
    task('init/m1', ['images/m1']),
  ];
  const second = [
    task('base/m1'),
    task('images/m1', ['base/m1'], { effects: 'right tag' }),
    task('init/m1', ['images/m1']),
  ];
  const on = (input: TaskInput) => (input.task.effects === 'wrong tag' ? refuse('no such tag') : undefined);
  const { result, ran } = await run('correct', { plans: { v1: first, v2: second }, on }, async (handle) => {
    await until(handle, 'images/m1', 'parked');
    await handle.signal('retry', { task: 'images/m1', declaration: 'v2' });
  });
  expect(result).toMatchObject({ planDigest: 'plan of v2', changed: 3 });
  expect(ran).toEqual(['base/m1', 'images/m1', 'init/m1']);
});

test('a correction that can not be planned parks, and another one completes it', async () => {
  const wrong = [task('base/m1'), task('images/m1', ['base/m1'], { effects: 'wrong tag' })];
  const right = [task('base/m1'), task('images/m1', ['base/m1'], { effects: 'right tag' })];
  const on = (input: TaskInput) => (input.task.effects === 'wrong tag' ? refuse('no such tag') : undefined);
  const plans = { v1: wrong, v3: right };
  const { result, ran, seen } = await run('replan', { plans, on, unplannable: 'v2' }, async (handle) => {
    await until(handle, 'images/m1', 'parked');
    await handle.signal('retry', { task: 'images/m1', declaration: 'v2' });
    const parked = await until(handle, 'make-plan/replan', 'parked');
    await handle.signal('skip', { task: 'make-plan/replan' });
    await handle.signal('retry', { task: '*', declaration: 'v3' });
    return parked;
  });
  expect(seen?.failure?.message).toBe('the hosts are not as they must be');
  expect(result).toMatchObject({ planDigest: 'plan of v3', changed: 2 });
  expect(ran).toEqual(['base/m1', 'images/m1']);
});

test('skip goes on without the task', async () => {
  const on = (input: TaskInput) => (input.task.id === 'dns/m1' ? refuse('never ready') : undefined);
  const { result } = await run(
    'skip',
    { plans: { v1: [task('dns/m1'), task('check/m1', ['dns/m1'])] }, on },
    async (handle) => {
      await until(handle, 'dns/m1', 'parked');
      await handle.signal('skip', { task: 'dns/m1', reason: 'known' });
    },
  );
  expect(result).toMatchObject({ changed: 1, skipped: 1 });
});

test('abort lets a running task end and starts no other', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const on = (input: TaskInput) => (input.task.id === 'slow/m1' ? held : undefined);
  const { result, ran } = await run(
    'abort',
    { plans: { v1: [task('slow/m1'), task('next/m1', ['slow/m1'])] }, on },
    async (handle) => {
      await until(handle, 'slow/m1', 'running');
      await handle.signal('abort', { reason: 'changed my mind' });
      const lane = env.client.workflow.getHandle('kha/abort/slow/m1');
      await vi.waitFor(async () => expect((await lane.query<LaneProgress>('progress')).stopping).toBe(true), {
        timeout: 60_000,
      });
      release();
    },
  );
  expect(result).toBeInstanceOf(Error);
  expect(String((result as Error).cause)).toContain('aborted: changed my mind');
  expect(ran).toEqual(['slow/m1']);
});

test('with --on-failure abort the first failure for good ends the operation', async () => {
  const on = (input: TaskInput) => (input.task.id === 'images/m1' ? refuse('no such tag') : undefined);
  const { result } = await run(
    'pipeline',
    { plans: { v1: [task('images/m1'), task('init/m1', ['images/m1'])] }, on },
    async () => undefined,
    { onFailure: 'abort' },
  );
  const { cause } = result as { cause?: ApplicationFailure };
  expect(cause?.message).toContain('images/m1 failed: no such tag');
  // The way it ended carries the last lines of what failed.
  expect(cause?.details?.[0]).toMatchObject({
    message: cause?.message,
    code: 'KHA7001',
    lastLines: ['manifest unknown'],
  });
});

test('what is parked keeps no others waiting, however few may work at once', async () => {
  const unread = new Set(['w1', 'w2']);
  const broken = new Set(['w1', 'w2']);
  const refuseOne = (of: Set<string>, host: string) => (of.has(host) ? refuse(`${host} is broken`) : undefined);
  const tasks = ['w1', 'w2', 'w3', 'w4'].map((host) => task(`base/${host}`));
  const { result } = await run(
    'few',
    {
      plans: { v1: tasks },
      parallelism: 2,
      onFacts: (host) => refuseOne(unread, host),
      on: (input) => refuseOne(broken, input.task.host),
    },
    async (handle) => {
      await until(handle, 'gather-facts/w2', 'parked');
      await until(handle, 'gather-facts/w4', 'unchanged');
      unread.clear();
      await handle.signal('retry', { task: '*' });
      await until(handle, 'base/w2', 'parked');
      await until(handle, 'base/w4', 'changed');
      broken.clear();
      await handle.signal('retry', { task: '*' });
    },
  );
  expect(result).toMatchObject({ changed: 4 });
});

test('a host that leaves can be left out where it can not be read, and no other', async () => {
  const world: World = {
    plans: { v1: [task('reset/w1')] },
    onFacts: (host) => (host === 'w2' ? refuse('no route to host') : undefined),
  };
  const skip = async (handle: WorkflowHandle): Promise<void> => {
    await until(handle, 'gather-facts/w2', 'parked');
    await handle.signal('skip', { task: 'gather-facts/w2', reason: 'it burnt' });
  };
  const { result, ran } = await run('leaving', world, skip, { leaving: ['w1', 'w2'], basis: 'v1' });
  expect(result).toMatchObject({ changed: 1 });
  expect(ran).toEqual(['reset/w1']);
});

test('an approved plan that is no longer the plan is refused', async () => {
  const { result, ran } = await run('approved', { plans: { v1: [task('base/m1')] } }, async () => undefined, {
    approvedPlan: 'another',
  });
  expect(String((result as Error).cause)).toContain('approved was another');
  expect(ran).toEqual([]);
});

test('a corrected file under an approved plan is another plan: it parks, and the approved one can go on', async () => {
  let broken = true;
  const plans = {
    v1: [task('base/m1'), task('init/m1', ['base/m1'])],
    v2: [task('base/m1', [], { effects: 'other' })],
  };
  const on = (input: TaskInput) => (broken && input.task.id === 'init/m1' ? refuse('no such image') : undefined);
  const { result, ran, seen } = await run(
    'approved-correction',
    { plans, on },
    async (handle) => {
      await until(handle, 'init/m1', 'parked');
      await handle.signal('retry', { task: '*', declaration: 'v2' });
      const refused = await until(handle, 'make-plan/approved-correction', 'parked');
      broken = false;
      await handle.signal('retry', { task: '*', declaration: 'v1' });
      return refused;
    },
    { approvedPlan: 'plan of v1' },
  );
  expect(seen?.failure).toMatchObject({ code: 'KHA7002', blame: 'configuration' });
  expect(result).toMatchObject({ planDigest: 'plan of v1', changed: 2 });
  expect(ran).toEqual(['base/m1', 'init/m1']);
});

test('a lane that was terminated from outside parks and can be retried', async () => {
  let release = (): void => undefined;
  let held: Promise<void> | undefined = new Promise<void>((resolve) => {
    release = resolve;
  });
  const on = (input: TaskInput) => (input.task.id === 'base/m1' ? held : undefined);
  const { result } = await run(
    'terminated',
    { plans: { v1: [task('base/m1'), task('init/m1', ['base/m1'])] }, on },
    async (handle) => {
      await until(handle, 'base/m1', 'running');
      held = undefined;
      await env.client.workflow.getHandle('kha/terminated/base/m1').terminate('by hand');
      await until(handle, 'base/m1', 'parked');
      release();
      await handle.signal('retry', { task: '*' });
    },
  );
  expect(result).toMatchObject({ changed: 2 });
});

test('a worker that is shut down in the middle of a task leaves it to the next one', async () => {
  const plans = { v1: [task('slow/m1'), task('next/m1', ['slow/m1'])] };
  let attempts = 0;
  const on = async (input: TaskInput) => {
    if (input.task.id !== 'slow/m1' || ++attempts > 1) return;
    // As a remote job that is followed: it ends for nothing but the worker's wish to stop.
    const { cancellationSignal, cancelled } = Context.current();
    if (!cancellationSignal.aborted) await cancelled;
  };
  const ran: string[] = [];
  const first = await startWorker(env, activitiesOf({ plans, on }, ran), { shutdownGraceTime: '200ms' });
  const firstRun = first.run();
  const handle = await env.client.workflow.start('initCluster', {
    args: [
      {
        operation: 'init-cluster',
        cluster: 'shutdown',
        declaration: 'v1',
        options: { onFailure: 'park', ignorePreflightErrors: [] },
      },
    ],
    taskQueue: 'kha',
    workflowId: 'kha/shutdown',
  });
  await vi.waitFor(() => expect(attempts).toBe(1), { timeout: 60_000 });
  first.shutdown();
  await firstRun;
  const second = await startWorker(env, activitiesOf({ plans, on }, ran));
  await second.runUntil(async () => {
    expect(await handle.result()).toMatchObject({ changed: 2 });
  });
  expect(attempts).toBe(2);
});

test('an answer stays small however many hosts fail in the same way', () => {
  const lastLines = ['error', '--- kubelet', ...Array.from({ length: 70 }, (_, i) => `${i} ${'x'.repeat(400)}`)];
  const views = Array.from({ length: 3000 }, (_, i): TaskView => {
    const failure = { message: 'no', code: 'KHA3310', blame: 'host' as const, lastLines };
    return { id: `a/w${i}`, step: 'a', host: `w${i}`, title: 'A', needs: [], state: 'parked', round: 0, failure };
  });
  const shown = bounded(views);
  expect(shown[0]?.failure?.lastLines).toEqual(lastLines);
  expect(shown.at(-1)?.failure?.lastLines).toEqual(['error', '--- kubelet', ...lastLines.slice(-2)]);
  expect(JSON.stringify(shown).length).toBeLessThan(4_000_000);
});
