import { expect, test } from 'vitest';
import { startSkippingTemporal, startWorker } from './temporal.ts';
import { activitiesOf, inputOf, task } from './world.ts';

test('the test server runs an operation', async () => {
  const env = await startSkippingTemporal();
  try {
    const ran: string[] = [];
    const worker = await startWorker(env, activitiesOf({ plans: { v1: [task('init/m1')] } }, ran));
    await worker.runUntil(() =>
      env.client.workflow.execute('initCluster', {
        args: [inputOf('x')],
        taskQueue: 'kha',
        workflowId: 'kha/x',
      }),
    );
    expect(ran).toEqual(['init/m1']);
  } finally {
    await env.teardown();
  }
}, 120_000);
