import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Task } from '../../src/graph/task.ts';
import { startTemporal, startWorker, workflowBundle } from './temporal.ts';

// Histories of operations that real workflows wrote. A release must be able to go on with each of them: a change of
// workflow code that breaks one needs `patched`, not a new recording. Record new cases with KHA_HISTORIES=write.

const folder = fileURLToPath(new URL('../histories/', import.meta.url));

const task = (id: string, needs: string[]): Task => {
  const [step = '', host = ''] = id.split('/');
  return { id, step, host, title: step, needs, activity: 'applyEffects', policy: 'quick', effects: id };
};
const tasks = [
  task('base/m1', []),
  task('base/w1', []),
  task('runtime/w1', ['base/w1']),
  task('init/m1', ['base/m1']),
  task('join/w1', ['runtime/w1', 'init/m1']),
];

if (process.env['KHA_HISTORIES'] === 'write') {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await startTemporal();
  }, 120_000);
  afterAll(() => env.teardown());

  test('record', async () => {
    const worker = await startWorker(env, {
      hostsOf: async () => ({ hosts: ['m1', 'w1'], parallelism: 10 }),
      gatherFacts: async ({ host }) => `facts of ${host}`,
      makePlan: async ({ declaration, operation, cluster }) => ({
        plan: { operation, cluster, declaration, facts: 'facts', tasks, digest: 'digest' },
        warnings: [],
      }),
      applyEffects: async ({ task: { id } }) => ({ changed: true, detail: id }),
      tidy: async () => undefined,
      recordCluster: async () => undefined,
    });
    await worker.runUntil(async () => {
      const workflowId = 'kha/demo';
      await env.client.workflow.execute('initCluster', {
        args: [
          {
            operation: 'init-cluster',
            cluster: 'demo',
            declaration: 'v1',
            options: { onFailure: 'park', ignorePreflightErrors: [] },
          },
        ],
        taskQueue: 'kha',
        workflowId,
      });
      for (const [name, id] of Object.entries({ 'init-cluster': workflowId, 'run-lane': `${workflowId}/base/w1` })) {
        const history = await env.client.workflow.getHandle(id).fetchHistory();
        writeFileSync(`${folder}${name}.json`, `${JSON.stringify(JSON.parse(historyToJSON(history)), null, 1)}\n`);
      }
    });
  });
}

test.each(readdirSync(folder))('workflow code still follows the history %s', async (name) => {
  const history: unknown = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, 'kha/demo');
});

test('there are histories to follow', () => expect(readdirSync(folder).length).toBeGreaterThanOrEqual(2));
