import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { findProgram } from '../../src/adapters/temporal-dev-server/find-program.ts';
import { createOperations } from '../../src/adapters/temporal-operations.ts';
import { findHome } from '../../src/home.ts';
import { run as history } from '../../src/cli/handlers/history.ts';
import type { Operations } from '../../src/ports/operations.ts';
import { fakeContext } from '../unit/cli/fake-context.ts';
import { startTemporal, startWorker } from './temporal.ts';
import { activitiesOf, gate, inputOf, progress, refuse, runIn, task, until, type World } from './world.ts';

// Gates: what a person decides before it is done.

let env: TestWorkflowEnvironment;
let operations: Operations;
let program: string;
beforeAll(async () => {
  env = await startTemporal();
  program = await findProgram(findHome(), () => undefined);
  operations = createOperations(env.client, { address: env.address, namespace: 'default' });
}, 120_000);
afterAll(() => env.teardown());

const ann = { reason: 'agreed', by: 'ann@desk' };
const rolling = (host: string, onReject: 'end' | 'leave-out' = 'leave-out', ...before: string[]) => [
  gate(`approve-reboot/${host}`, [`drain/${host}`, `reboot/${host}`], { onReject }, before),
  task(`drain/${host}`, [`approve-reboot/${host}`]),
  task(`reboot/${host}`, [`drain/${host}`]),
];
const two = [...rolling('w1'), ...rolling('w2', 'leave-out', 'reboot/w1')];
const temporal = (...args: string[]) => promisify(execFile)(program, ['workflow', ...args, '--address', env.address]);
const saidBy = async (handle: WorkflowHandle) =>
  (await progress(handle)).said.map(({ by, text, heeded }) => `${by ?? '?'} ${heeded ? '+' : '-'} ${text}`);

test('nothing behind a gate runs before it is approved, and who said so is kept', async () => {
  const { result, ran, seen } = await runIn(env, 'order', { plans: { v1: two } }, async (handle, so) => {
    const asked = await until(handle, 'approve-reboot/w1', 'asking');
    expect(so).toEqual([]);
    const details = await handle.query<unknown>('__temporal_workflow_metadata');
    expect(JSON.stringify(details)).toContain('approve-reboot/w1: waits for an approval');
    expect(await operations.decide('order', 'approve', ann)).toEqual({ gates: ['approve-reboot/w1'] });
    await until(handle, 'approve-reboot/w2', 'asking');
    expect(so).toEqual(['drain/w1', 'reboot/w1']);
    await operations.decide('order', 'approve', { gate: 'reboot/w2', ...ann });
    await handle.result();
    return { asked, said: await saidBy(handle), after: await progress(handle) };
  });
  expect(result).toMatchObject({ changed: 4, unchanged: 0, skipped: 0 });
  expect(ran).toEqual(['drain/w1', 'reboot/w1', 'drain/w2', 'reboot/w2']);
  expect(seen.asked).toMatchObject({ gate: { what: ['drain', 'reboot'], hosts: ['w1'], why: 'because' } });
  expect(seen.said).toEqual([
    'ann@desk + approve of approve-reboot/w1: agreed',
    'ann@desk + approve of approve-reboot/w2: agreed',
  ]);
  expect(seen.after.tasks.find((t) => t.id === 'approve-reboot/w2')).toMatchObject({
    state: 'changed',
    detail: 'approved by ann@desk: agreed',
  });
});

/** The rows of `kha history CLUSTER RUN`, who, what and why. */
async function historyOf(cluster: string): Promise<string[]> {
  // Tests start operations without the attributes that a list goes by.
  const latest = await operations.describe(cluster);
  const context = fakeContext({ operations: { ...operations, list: async () => (latest ? [latest] : []) } });
  await history(context, {
    args: { cluster, run: latest?.runId.slice(0, 8) },
    options: { output: 'json', noHeaders: false },
  });
  const { items } = JSON.parse(context.out.join('')) as { items: { what: string; by?: string; why?: string }[] };
  return items.map(({ by, what, why }) => `${by ?? '-'} | ${what} | ${why ?? '-'}`);
}

test('who said what is read from the history of what is over: of signals a worker tells on what, of updates the history', async () => {
  await runIn(env, 'told', { plans: { v1: two } }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await handle.signal('reject', 'w7');
    await operations.decide('told', 'approve', ann);
    await until(handle, 'approve-reboot/w2', 'asking');
    await temporal(
      'signal',
      '--workflow-id',
      handle.workflowId,
      '--name',
      'reject',
      '--input',
      '"w2"',
      '--input',
      '"no"',
    );
    await handle.result();
    expect(await historyOf('told')).toEqual([
      '- | start init-cluster | -',
      '- | reject w7 | -',
      expect.stringMatching(/^- \| \(not heeded\) reject of w7: there is no gate w7/),
      'ann@desk | approve reboot/w1 | agreed',
      '- | reject reboot/w2 | no',
      '- | end: completed | 2 changed, 0 unchanged, 2 skipped',
    ]);
  });
  expect(await historyOf('told')).toEqual([
    '- | start init-cluster | -',
    '- | reject w7 | -',
    'ann@desk | approve reboot/w1 | agreed',
    '- | reject w2 | no',
    '- | end: completed | 2 changed, 0 unchanged, 2 skipped',
  ]);
}, 120_000);

test('signals that come while no worker runs are told with their gates, in their order', async () => {
  const world: World = { plans: { v1: two.slice(0, 3).concat(rolling('w2')) } };
  const id = { taskQueue: 'kha', workflowId: 'kha/unheard' };
  const { handle, runId } = await (await startWorker(env, activitiesOf(world, []))).runUntil(async () => {
    const handle = await env.client.workflow.start('initCluster', { args: [inputOf('unheard')], ...id });
    await until(handle, 'approve-reboot/w1', 'asking');
    await until(handle, 'approve-reboot/w2', 'asking');
    return { handle, runId: handle.firstExecutionRunId };
  });
  for (const words of [['w9'], [{ gate: 'w2', by: 'bo' }], [], [{ by: 'cy' }]])
    await handle.signal('approve', ...words);
  await (await startWorker(env, activitiesOf(world, []))).runUntil(async () => {
    await env.client.workflow.getHandle(id.workflowId, runId).result();
    expect((await historyOf('unheard')).filter((row) => !row.includes('(not heeded)'))).toEqual([
      '- | start init-cluster | -',
      '- | approve w9 | -',
      'bo | approve reboot/w2 | -',
      '- | approve reboot/w1 | -',
      'cy | approve | -',
      '- | end: completed | 4 changed, 0 unchanged, 0 skipped',
    ]);
  });
}, 120_000);

test('an update that can not be taken is refused with its reason, and leaves no trace', async () => {
  await runIn(env, 'refused', { plans: { v1: two } }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    const refused = (request: object) => operations.decide('refused', 'approve', { ...ann, ...request });
    const before = (await handle.fetchHistory()).events?.length;
    await expect(refused({ gate: 'approve-reboot/w9' })).rejects.toMatchObject({
      code: 'KHA7020',
      message: expect.stringContaining('there is no gate approve-reboot/w9; these wait: approve-reboot/w1') as string,
    });
    await expect(refused({ plan: 'another plan' })).rejects.toMatchObject({ code: 'KHA7021' });
    expect(
      (await handle.fetchHistory()).events?.filter((e) => e.workflowExecutionUpdateAcceptedEventAttributes),
    ).toEqual([]);
    expect(before).toBeGreaterThan(0);
    await refused({ plan: 'plan of v1' });
    await until(handle, 'approve-reboot/w2', 'asking');
    await expect(refused({ gate: 'approve-reboot/w1' })).rejects.toMatchObject({
      code: 'KHA7022',
      message: expect.stringContaining('decided already: approved by ann@desk: agreed') as string,
    });
    await refused({});
    await handle.result();
    await expect(refused({})).rejects.toMatchObject({ code: 'KHA1002' });
  });
});

test.each([
  ['nothing', [], 'approved'],
  ['a text', ['--input', '"reboot/w1"'], 'approved'],
  ['an object', ['--input', '{"gate":"approve-reboot/w1","reason":"ok","by":"bob"}'], 'approved by bob: ok'],
  ['a host', ['--input', '"w1"', '--input', '"seen"'], 'approved: seen'],
])('temporal workflow signal approves, with %s', async (form, args, detail) => {
  const name = `signal-${form.replaceAll(' ', '-')}`;
  const { ran } = await runIn(env, name, { plans: { v1: rolling('w1') } }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await temporal('signal', '--workflow-id', handle.workflowId, '--name', 'approve', ...args);
    await handle.result();
    expect((await progress(handle)).tasks[0]).toMatchObject({ state: 'changed', detail });
  });
  expect(ran).toEqual(['drain/w1', 'reboot/w1']);
});

test('temporal workflow update does the same, and a signal that is not taken is said', async () => {
  await runIn(env, 'program', { plans: { v1: rolling('w1') } }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await temporal('signal', '--workflow-id', handle.workflowId, '--name', 'reject', '--input', '"w7"');
    await vi.waitFor(async () =>
      expect(await saidBy(handle)).toEqual([expect.stringMatching(/^\? - reject of w7: there is no gate w7/)]),
    );
    await temporal(
      'update',
      'execute',
      '--workflow-id',
      handle.workflowId,
      '--name',
      'approve',
      '--input',
      '{"reason":"ok"}',
    );
    await handle.result();
  });
});

test('a host that is rejected is left out, with all that comes behind on it, and the others go on', async () => {
  const plan = [
    ...rolling('w1'),
    task('uncordon/w1', ['reboot/w1']),
    ...rolling('w2', 'leave-out', 'uncordon/w1'),
    task('check/m1', ['reboot/w2']),
  ];
  const { result, ran, seen } = await runIn(env, 'left-out', { plans: { v1: plan } }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await operations.decide('left-out', 'reject', { reason: 'its disk', by: 'ann' });
    await until(handle, 'approve-reboot/w2', 'asking');
    await operations.decide('left-out', 'approve', ann);
    await handle.result();
    return progress(handle);
  });
  expect(ran).toEqual(['drain/w2', 'reboot/w2', 'check/m1']);
  expect(result).toMatchObject({ changed: 3, skipped: 3 });
  for (const id of ['drain/w1', 'reboot/w1', 'uncordon/w1'])
    expect(seen.tasks.find((t) => t.id === id)).toMatchObject({
      state: 'skipped',
      detail: 'rejected by ann: its disk',
    });
});

test('a rejection ends an operation that can not do without, and what was taken away is put back', async () => {
  const plan = [
    task('drain/w1'),
    gate('approve-leave/w1', ['leave/w1'], { onReject: 'end' }, ['drain/w1']),
    task('leave/w1', ['approve-leave/w1']),
    task('uncordon/w1', ['leave/w1'], { restores: 'drain/w1' }),
  ];
  const { result, ran } = await runIn(env, 'rejected', { plans: { v1: plan } }, async (handle) => {
    await until(handle, 'approve-leave/w1', 'asking');
    await operations.decide('rejected', 'reject', { reason: 'not now', by: 'ann' });
  });
  expect(result).toMatchObject({
    cause: { message: 'rejected: approve-leave/w1 was rejected by ann: not now', type: 'KHA7004' },
  });
  expect(ran).toEqual(['drain/w1', 'uncordon/w1']);
});

test('gates can be approved ahead, all at once, and do not ask then', async () => {
  const { seen } = await runIn(env, 'ahead', { plans: { v1: two } }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await expect(operations.decide('ahead', 'approve', { gate: '*', ...ann })).resolves.toEqual({
      gates: ['approve-reboot/w1', 'approve-reboot/w2'],
    });
    await handle.result();
    return saidBy(handle);
  });
  expect(seen).toEqual(['ann@desk + approve of approve-reboot/w1, approve-reboot/w2: agreed']);
});

test('where a look finds nothing to do nobody is asked', async () => {
  const looks = [{ step: 'reboot', host: 'w1' }];
  const plan = [gate('approve-reboot/w1', ['reboot/w1'], { looks }), task('reboot/w1', ['approve-reboot/w1'])];
  const onLook = () => ({ changed: false, detail: 'w1: runs the kernel already' });
  const { result, seen } = await runIn(env, 'look', { plans: { v1: plan }, onLook }, async (handle) => {
    await handle.result();
    return (await progress(handle)).tasks[0];
  });
  expect(result).toMatchObject({ changed: 1 });
  expect(seen).toMatchObject({ state: 'unchanged', detail: 'w1: runs the kernel already' });
});

test('gates take no place from the others, however little parallelism there is', async () => {
  const plan = [...rolling('w1'), ...rolling('w2'), task('base/w3'), task('base/w4')];
  const { ran } = await runIn(env, 'places', { plans: { v1: plan }, parallelism: 1 }, async (handle, so) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await until(handle, 'approve-reboot/w2', 'asking');
    await until(handle, 'base/w4', 'changed');
    expect([...so].sort()).toEqual(['base/w3', 'base/w4']);
    await expect(operations.decide('places', 'approve', ann)).rejects.toMatchObject({ code: 'KHA7024' });
    await operations.decide('places', 'approve', { gate: 'approve-reboot', ...ann });
  });
  expect(ran).toHaveLength(6);
});

test('a gate can not be skipped, an abort ends what asks, and no word comes after it', async () => {
  const { result, ran } = await runIn(env, 'abort', { plans: { v1: two } }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await handle.signal('skip', { task: 'approve-reboot/w1', reason: 'no', by: 'bob' });
    await vi.waitFor(async () =>
      expect(await saidBy(handle)).toContain('bob - skip of approve-reboot/w1: it is not parked, it is asking'),
    );
    await handle.signal('abort', 'enough');
  });
  expect(result).toMatchObject({ cause: { message: 'aborted: enough' } });
  expect(ran).toEqual([]);
});

test('a corrected file asks anew only for what it changes', async () => {
  let isBroken = true;
  const on: World['on'] = ({ task: { id } }) => (isBroken && id === 'other/w2' ? refuse('broken') : undefined);
  const first = [gate('approve-a/w1', ['a/w1']), task('a/w1', ['approve-a/w1'])];
  const plans = {
    v1: [...first, task('other/w2'), gate('approve-b/w3', ['b/w3']), task('b/w3', ['approve-b/w3'])],
    v2: [
      ...first,
      task('other/w2'),
      gate('approve-b/w3', ['b/w3']),
      task('b/w3', ['approve-b/w3'], { effects: 'new' }),
    ],
  };
  const { ran } = await runIn(env, 'corrected', { plans, on }, async (handle) => {
    await until(handle, 'other/w2', 'parked');
    await operations.decide('corrected', 'approve', { gate: 'a/w1', ...ann });
    await until(handle, 'a/w1', 'changed');
    await until(handle, 'approve-b/w3', 'asking');
    isBroken = false;
    await operations.retry('corrected', { task: '*', declaration: 'v2', by: 'ann' });
    await until(handle, 'other/w2', 'changed');
    expect(await until(handle, 'approve-a/w1', 'changed')).toMatchObject({ detail: 'approved by ann@desk: agreed' });
    await until(handle, 'approve-b/w3', 'asking');
    await operations.decide('corrected', 'approve', { plan: 'plan of v2', ...ann });
  });
  expect(ran.filter((id) => id === 'a/w1')).toHaveLength(1);
});
