import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOperations } from '../../src/adapters/temporal-operations.ts';
import { startTemporal, startWorker } from './temporal.ts';
import { activitiesOf, inputOf, task } from './world.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal();
}, 120_000);
afterAll(() => env.teardown());

test('of two who start an operation on one cluster at once one starts it, and the other hears of the first', async () => {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const ran: string[] = [];
  const worker = await startWorker(env, activitiesOf({ plans: { v1: [task('init/m1')] }, on: () => ended }, ran));
  await worker.runUntil(async () => {
    const people = ['ann@laptop', 'ben@bastion', 'eve@desk'];
    const place = { address: env.address, namespace: env.namespace ?? 'default' };
    const tries = await Promise.allSettled(
      people.map((by, i) =>
        createOperations(env.client, place).start(
          { ...inputOf('contended'), operation: i === 0 ? 'init-cluster' : 'add-worker' },
          { summary: 'it', details: 'it', by },
        ),
      ),
    );
    const winner = tries.findIndex((t) => t.status === 'fulfilled');
    const losers = tries.filter((t) => t.status === 'rejected').map((t) => t.reason as unknown);
    expect(losers).toHaveLength(people.length - 1);
    for (const reason of losers)
      expect(reason).toMatchObject({
        code: 'KHA1006',
        message: expect.stringMatching(
          new RegExp(
            `^On contended ${winner === 0 ? 'init-cluster' : 'add-worker'} has been running since \\S+Z, started by ${people[winner]}; `,
          ),
        ) as string,
      });
    end();
    await env.client.workflow.getHandle('kha/contended').result();
    expect(ran).toEqual(['init/m1']);
  });
});
