import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporal } from './temporal.ts';
import { refuse, runIn, task, until, type World } from './world.ts';

// What took a node away is undone however the operation ends.

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal();
}, 120_000);
afterAll(() => env.teardown());

const rolling = (host: string, ...before: string[]) => [
  task(`drain/${host}`, before),
  task(`reboot/${host}`, [`drain/${host}`]),
  task(`uncordon/${host}`, [`reboot/${host}`], { restores: `drain/${host}` }),
];
const plan = [...rolling('w1'), ...rolling('w2', 'uncordon/w1')];
const broken =
  (...names: string[]): NonNullable<World['on']> =>
  ({ task: { id } }) =>
    names.includes(id) ? refuse(`${id} is broken`) : undefined;

test('an abort between drain and uncordon uncordons first, and leaves alone what was not drained', async () => {
  const abort = async (handle: WorkflowHandle) => {
    await until(handle, 'reboot/w1', 'parked');
    await handle.signal('abort', 'enough');
  };
  const { result, ran } = await runIn(env, 'abort', { plans: { v1: plan }, on: broken('reboot/w1') }, abort);
  expect(result).toMatchObject({ cause: { message: 'aborted: enough' } });
  expect(ran).toEqual(['drain/w1', 'uncordon/w1']);
});

test('so does a failure that ends the operation, and a drain that was half done counts', async () => {
  const world = { plans: { v1: plan }, on: broken('drain/w1') };
  const { result, ran } = await runIn(env, 'failure', world, async () => undefined, { onFailure: 'abort' });
  expect(result).toMatchObject({ cause: { message: 'aborted: drain/w1 failed: drain/w1 is broken' } });
  expect(ran).toEqual(['uncordon/w1']);
});

test('so does a cancellation in Temporal itself', async () => {
  const cancel = async (handle: WorkflowHandle) => {
    await until(handle, 'reboot/w1', 'parked');
    await handle.cancel();
  };
  const { result, ran } = await runIn(env, 'cancel', { plans: { v1: plan }, on: broken('reboot/w1') }, cancel);
  expect(result).toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(ran).toEqual(['drain/w1', 'uncordon/w1']);
});

test('where a child was terminated from outside nobody knows how far it came: what it may have taken away is put back', async () => {
  const terminate = async (handle: WorkflowHandle) => {
    await until(handle, 'reboot/w1', 'parked');
    await env.client.workflow.getHandle('kha/lost/drain/w1').terminate();
    await until(handle, 'drain/w1', 'parked');
    await handle.signal('abort', 'enough');
  };
  const { ran } = await runIn(env, 'lost', { plans: { v1: plan }, on: broken('reboot/w1') }, terminate);
  expect(ran).toEqual(['drain/w1', 'uncordon/w1']);
});

test('what can not be put back is told by name', async () => {
  const world = { plans: { v1: plan }, on: broken('reboot/w1', 'uncordon/w1') };
  const abort = async (handle: WorkflowHandle) => {
    await until(handle, 'reboot/w1', 'parked');
    await handle.signal('abort', 'enough');
  };
  const { result } = await runIn(env, 'left', world, abort);
  expect(result).toMatchObject({
    cause: {
      message: 'aborted: enough; not put back: uncordon/w1',
      details: [{ code: 'KHA7001', hint: 'uncordon/w1: uncordon/w1 is broken' }],
    },
  });
});
