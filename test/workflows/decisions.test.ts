import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, type WorkflowHandle } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createDataConverter } from '../../src/adapters/codec/data-converter.ts';
import { createOperations } from '../../src/adapters/temporal-operations.ts';
import { findProgram } from '../../src/adapters/temporal-dev-server/find-program.ts';
import { findHome } from '../../src/home.ts';
import { readWord } from '../../src/workflows/words.ts';
import { startTemporal, startWorker } from './temporal.ts';
import { activitiesOf, inputOf, progress, refuse, task, until, type World } from './world.ts';

// What people say to an operation, with payloads encrypted as they are by default, and by the real temporal program.

let env: TestWorkflowEnvironment;
let client: Client;
let dataConverter: DataConverter;
let home: string;
let program: string;
beforeAll(async () => {
  env = await startTemporal();
  program = await findProgram(findHome(), () => undefined);
  home = await mkdtemp(join(tmpdir(), 'kha-decisions-'));
  dataConverter = await createDataConverter(findHome({ KHA_HOME: home }));
  client = new Client({ connection: env.connection, dataConverter });
}, 120_000);
afterAll(async () => {
  await env.teardown();
  await rm(home, { recursive: true });
});

/** `temporal workflow signal`, as a person types it. */
const signal = async (handle: WorkflowHandle, name: string, ...args: string[]): Promise<void> => {
  const to = ['--address', env.address, '--workflow-id', handle.workflowId, '--name', name];
  await promisify(execFile)(program, ['workflow', 'signal', ...to, ...args]);
};

/** A world whose tasks fail as long as they are in `broken`. */
function breaking(names: string[], ...tasks: ReturnType<typeof task>[]): { world: World; broken: Set<string> } {
  const broken = new Set(names);
  const on: World['on'] = ({ task: { id } }) => (broken.has(id) ? refuse(`${id} is broken`) : undefined);
  return { world: { plans: { v1: tasks }, on }, broken };
}

const start = (name: string, options = {}): Promise<WorkflowHandle> =>
  client.workflow.start('initCluster', {
    args: [inputOf(name, options)],
    taskQueue: 'kha',
    workflowId: `kha/${name}`,
  });

async function during<T>(world: World, ran: string[], act: () => Promise<T>): Promise<T> {
  const worker = await startWorker(env, activitiesOf(world, ran), { dataConverter });
  return worker.runUntil(act);
}

/** Waits until the operation has said so. */
const untilSaid = (handle: WorkflowHandle, words: RegExp) =>
  vi.waitFor(
    async () => {
      const { said } = await progress(handle);
      const found = said.find((s) => words.test(s.text));
      expect(found, JSON.stringify(said)).toBeDefined();
      return found;
    },
    { timeout: 60_000, interval: 50 },
  );

const pair = [task('base/w1'), task('join/w1', ['base/w1']), task('base/w2'), task('join/w2', ['base/w2'])];

// What lanes send may be sent by anybody; it is of no consequence, so nothing is said.
const ofLanes = [
  ['task-news', '--input', '{"id":"join/w9","state":"changed"}'],
  ['task-news'],
  ['refusal'],
  ['refusal', '--input', '{"text":7}'],
] as const;

test('nothing that comes by signal breaks an operation, and what is not heeded is said', async () => {
  const { world, broken } = breaking(['join/w1', 'join/w2'], ...pair);
  await during(world, [], async () => {
    const handle = await start('garbage');
    await until(handle, 'join/w1', 'parked');
    await until(handle, 'join/w2', 'parked');
    for (const [name, ...args] of ofLanes) await signal(handle, name, ...args);
    for (const [name, args, words] of [
      ['skip', [], /skip is not understood: it names no task/],
      ['skip', ['--input', '{"taks":"join/w1"}'], /there is no field taks; known are task, host, reason, by/],
      ['skip', ['--input', '42'], /the input is a number/],
      ['retry', ['--input', '"join/w9"'], /retry of join\/w9: there is no such task/],
      ['retry', ['--input', '{"task":{}}'], /task is no text/],
      ['retry', ['--input', '[1]'], /the list holds more than texts/],
      ['retry', ['--input', '"base/w1"'], /retry of base\/w1: it is not parked, it is changed/],
      ['retry', ['--input', '"*/m7"'], /retry of \*\/m7: there is no such task/],
      ['retry', ['--input', '"base/*"'], /retry of base\/\*: nothing of it was parked/],
      ['abort', ['--input', '"join/w1"'], /abort ends the whole operation/],
      ['abort', ['--input', '{"task":"join/w1"}'], /abort ends the whole operation, it takes no task/],
      [
        'aprove',
        ['--input', '"x"'],
        /the signal aprove is not known; known are approve, reject, retry, skip and abort/,
      ],
      ['agree', ['--input', '{"a"', '--input-meta', 'encoding=binary/plain'], /the signal agree is not known/],
      ['skip', ['--input', 'AP8=', '--input-base64', '--input-meta', 'encoding=binary/x'], /no field unreadable/],
      ['yield', [], /the signal yield is not known/],
    ] as const) {
      await signal(handle, name, ...args);
      expect(await untilSaid(handle, words)).toMatchObject({ heeded: false });
    }
    const { tasks } = await progress(handle);
    expect(tasks.filter((t) => t.state === 'parked').map((t) => t.id)).toEqual(['join/w1', 'join/w2']);
    const details = await handle.query<string>('__temporal_workflow_metadata');
    expect(JSON.stringify(details)).toContain('not heeded');
    broken.clear();
    await signal(handle, 'retry');
    expect(await handle.result()).toMatchObject({ changed: 4, skipped: 0 });
  });
});

test.each([
  ['a text', ['--input', '"join/w1"']],
  ['text that is no JSON', ['--input', 'join/w1', '--input-meta', 'encoding=binary/plain']],
  [
    'the encoding of the Web UI that is not the default',
    ['--input', '"join/w1"', '--input-meta', 'encoding=json/protobuf'],
  ],
  ['a list', ['--input', '["join/w1"]']],
  ['an object', ['--input', '{"task":"join/w1"}']],
  ['a host', ['--input', '{"host":"w1"}']],
  ['a host as text', ['--input', '"w1"']],
])('retry takes %s, and only that host goes on', async (_form, args) => {
  const { world, broken } = breaking(['join/w1', 'join/w2'], ...pair);
  const ran: string[] = [];
  await during(world, ran, async () => {
    const handle = await start(`form-${args.join('').replaceAll(/\W/g, '')}`);
    await until(handle, 'join/w1', 'parked');
    await until(handle, 'join/w2', 'parked');
    broken.clear();
    await signal(handle, 'retry', ...args);
    await until(handle, 'join/w1', 'changed');
    expect(ran).not.toContain('join/w2');
    await until(handle, 'join/w2', 'parked');
    await signal(handle, 'skip', '--input', '"join/w2"', '--input', '"by hand"');
    expect(await handle.result()).toMatchObject({ changed: 3, skipped: 1 });
    expect((await progress(handle)).tasks.find((t) => t.id === 'join/w2')).toMatchObject({
      state: 'skipped',
      detail: 'by hand',
    });
  });
});

test('abort without input ends it at the boundary', async () => {
  const { world } = breaking(['join/w1'], ...pair);
  await during(world, [], async () => {
    const handle = await start('plain-abort');
    await until(handle, 'join/w1', 'parked');
    await signal(handle, 'abort');
    await expect(handle.result()).rejects.toMatchObject({ cause: { message: 'aborted: no reason given' } });
  });
});

test('of two words that come together the first counts, and the second is told so', async () => {
  const { world, broken } = breaking(['join/w1', 'solo/m1'], ...pair, task('solo/m1'));
  const ran: string[] = [];
  const handle = await start('together');
  const operations = createOperations(client, { address: env.address, namespace: 'default' });
  await during(world, ran, async () => {
    await until(handle, 'join/w1', 'parked');
    await until(handle, 'solo/m1', 'parked');
  });
  // Nobody works now: both words wait in the history, and reach the next worker in one task.
  broken.clear();
  for (const id of ['join/w1', 'solo/m1']) {
    await operations.skip('together', { task: id, reason: 'by hand', by: 'ann@desk' });
    await operations.retry('together', { task: id, by: 'bob@desk' });
  }
  await during(world, ran, async () => {
    expect(await handle.result()).toMatchObject({ skipped: 2 });
    const { said, tasks } = await progress(handle);
    for (const id of ['join/w1', 'solo/m1']) {
      expect(said).toContainEqual(
        expect.objectContaining({ by: 'ann@desk', text: `skip of ${id}: by hand`, heeded: true }),
      );
      expect(said).toContainEqual(
        expect.objectContaining({ by: 'bob@desk', text: `retry of ${id}: another word came first`, heeded: false }),
      );
      expect(tasks.find((t) => t.id === id)).toMatchObject({ state: 'skipped', detail: 'by hand (ann@desk)' });
    }
  });
});

test('a skip that was meant for an earlier failure does not leave out a later one', async () => {
  const { world, broken } = breaking(['join/w1', 'solo/m1'], ...pair, task('solo/m1'));
  await during(world, [], async () => {
    const handle = await start('stale');
    for (const id of ['join/w1', 'solo/m1']) {
      const seen = await until(handle, id, 'parked');
      await handle.signal('retry', { task: id, by: 'ann' });
      await vi.waitFor(
        async () => {
          const view = (await progress(handle)).tasks.find((t) => t.id === id);
          expect(view).toMatchObject({ state: 'parked' });
          expect(view?.endedAt).toBeGreaterThan(seen?.endedAt ?? 0);
        },
        { timeout: 60_000, interval: 50 },
      );
      await handle.signal('skip', { task: id, reason: 'known', by: 'bob', parkedAt: seen?.endedAt });
      await untilSaid(handle, new RegExp(`skip of ${id}: it was tried again since`));
      await until(handle, id, 'parked');
    }
    broken.clear();
    await handle.signal('retry');
    expect(await handle.result()).toMatchObject({ changed: 5, skipped: 0 });
  });
});

test('a word for a task that runs is not kept for its failure', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let tries = 0;
  const on: World['on'] = async ({ task: { id } }) => {
    if (id !== 'base/w1' || ++tries > 1) return;
    await held;
    refuse('broken');
  };
  await during({ plans: { v1: pair }, on }, [], async () => {
    const handle = await start('early');
    await until(handle, 'base/w1', 'running');
    await signal(handle, 'skip', '--input', '"base/w1"');
    await untilSaid(handle, /skip of base\/w1: it is not parked, it is running/);
    release();
    await until(handle, 'base/w1', 'parked');
    await signal(handle, 'retry', '--input', '"base/w1"');
    expect(await handle.result()).toMatchObject({ changed: 4 });
  });
});

test('a lane hears words too, and sends those for the operation to it', async () => {
  const { world } = breaking(['join/w1'], ...pair);
  await during(world, [], async () => {
    const handle = await start('lane');
    await until(handle, 'join/w1', 'parked');
    const lane = client.workflow.getHandle('kha/lane/base/w1');
    await signal(lane, 'abort');
    await untilSaid(handle, /abort: a lane knows retry and skip; tell kha\/lane/);
    await signal(lane, 'skip');
    await untilSaid(handle, /skip is not understood/);
    await signal(lane, 'skip', '--input', '"join/w1"');
    expect(await handle.result()).toMatchObject({ changed: 3, skipped: 1 });
  });
});

test('a correction that nobody recorded parks, and the operation can go on without it', async () => {
  const { world, broken } = breaking(['join/w1'], ...pair);
  await during({ ...world, unrecorded: 'v9' }, [], async () => {
    const handle = await start('unrecorded');
    await until(handle, 'join/w1', 'parked');
    await signal(handle, 'retry', '--input', '{"declaration":"v9"}');
    const parked = await until(handle, 'make-plan/unrecorded', 'parked');
    expect(parked?.failure?.message).toBe('there is no object v9');
    await signal(handle, 'skip', '--input', '"make-plan/unrecorded"');
    await untilSaid(handle, /without it there is no plan/);
    broken.clear();
    await signal(handle, 'retry', '--input', '{"declaration":"v1"}');
    expect(await handle.result()).toMatchObject({ changed: 4 });
  });
});

test('a host that can not be read ends an operation that shall not wait', async () => {
  const { world } = breaking([], ...pair);
  await during({ ...world, onFacts: (host) => (host === 'w2' ? refuse('w2 is off') : undefined) }, [], async () => {
    const handle = await start('facts-abort', { onFailure: 'abort' });
    await expect(handle.result()).rejects.toMatchObject({ cause: { cause: { message: 'w2 is off' } } });
  });
});

test.each([
  ['retry', [], { tasks: ['*'] }],
  ['retry', [null], { tasks: ['*'] }],
  ['retry', [{}], { tasks: ['*'] }],
  ['retry', ['a/b, c/d'], { tasks: ['a/b', 'c/d'] }],
  ['retry', [{ host: ['w1', 'w2'] }], { tasks: ['*/w1', '*/w2'] }],
  ['retry', [{ declaration: 'abc' }], { tasks: ['*'], declaration: 'abc' }],
  ['skip', [{ task: 'a/b', reason: 'r', by: 'ann' }], { tasks: ['a/b'], reason: 'r', by: 'ann' }],
  ['abort', ['wrong network'], { tasks: [], reason: 'wrong network' }],
  ['abort', [''], { tasks: [] }],
] as const)('%s %j is understood', (say, input, word) => {
  expect(readWord(say, input)).toEqual({ say, ...word });
});

test.each([
  ['skip', [{}]],
  ['skip', ['a/b', 'why', 'more']],
  ['skip', ['a/b', { reason: 'x' }]],
  ['skip', [{ task: 'a/b', declaration: 'x' }]],
  ['skip', [{ task: 'a/b', by: 7 }]],
  ['retry', ['a'.repeat(501)]],
  ['abort', [['a']]],
  ['abort', [true]],
] as const)('%s is not understood: %#', (say, input) => {
  expect(readWord(say, input)).toHaveProperty('problem');
});
