import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { assumedFacts } from '../../src/cluster/assumed-facts.ts';
import { makePlan } from '../../src/graph/make-plan.ts';
import { kernelUpgrade } from '../../src/operations/kernel-upgrade.ts';
import { reboot } from '../../src/operations/reboot.ts';
import { renewCertificates } from '../../src/operations/renew-certificates.ts';
import { rotateAuthorities } from '../../src/operations/rotate-authorities.ts';
import { workflowTypeOf } from '../../src/workflows/protocol.ts';
import { clusterFrom } from '../fakes/cluster.ts';
import { startTemporal, startWorker, workflowBundle } from './temporal.ts';
import { activitiesOf, gate, inputOf, refuse, scheduledOf, task, until, type World } from './world.ts';

// Histories of operations that real workflows wrote. A release must be able to go on with each of them: a change of
// workflow code that breaks one needs `patched`, not a new recording. Record new cases with KHA_HISTORIES=write.

const folder = fileURLToPath(new URL('../histories/', import.meta.url));

const cluster = await clusterFrom(
  '{name: demo, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4, w2: 10.0.0.5}, masters: [m1, m2, m3]}',
);
const tasks = [
  task('base/m1'),
  task('base/w1'),
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

  const start = (workflow = 'initCluster', operation = 'init-cluster'): Promise<WorkflowHandle> =>
    env.client.workflow.start(workflow, {
      args: [{ ...inputOf('demo'), operation }],
      taskQueue: 'kha',
      workflowId: 'kha/demo',
    });
  const save = async (names: Record<string, string>): Promise<void> => {
    for (const [name, id] of Object.entries(names)) {
      const history = await env.client.workflow.getHandle(id).fetchHistory();
      // Where and by which process it was recorded is of no interest.
      const text = historyToJSON(history)
        .replaceAll(process.cwd(), '/kha')
        .replaceAll(/\d+@[\w.-]+/g, '1@worker');
      writeFileSync(`${folder}${name}.json`, `${JSON.stringify(JSON.parse(text), null, 1)}\n`);
    }
  };
  const record = async (world: World, act: () => Promise<void>): Promise<void> =>
    (await startWorker(env, activitiesOf(world, []))).runUntil(act);

  test('record an operation without trouble', () =>
    record({ plans: { v1: tasks } }, async () => {
      await (await start()).result();
      await save({ 'init-cluster': 'kha/demo', 'run-lane': 'kha/demo/base/w1' });
    }));

  test('record one whose gates are approved by update and by signal, rejected, expired, and held by a window', () => {
    const leaveOut = { onReject: 'leave-out' as const };
    const gated = [
      gate('approve-boot/w1', ['boot/w1'], { ...leaveOut, tells: true }),
      gate('window/w1', ['boot/w1'], { kind: 'window', windows: [] }, ['approve-boot/w1']),
      task('boot/w1', ['window/w1']),
      gate('approve-boot/w2', ['boot/w2'], leaveOut, ['boot/w1']),
      task('boot/w2', ['approve-boot/w2']),
      gate('approve-boot/w3', ['boot/w3'], { ...leaveOut, expiresSeconds: 2 }, ['boot/w2']),
      task('boot/w3', ['approve-boot/w3']),
      gate('approve-boot/w4', ['boot/w4'], { ...leaveOut, expiresSeconds: 1, outcome: 'continue' }, ['boot/w3']),
      task('boot/w4', ['approve-boot/w4']),
    ];
    return record({ plans: { v1: gated } }, async () => {
      const handle = await start();
      await until(handle, 'approve-boot/w1', 'asking');
      await handle.executeUpdate('approve', { args: [{ gate: 'approve-boot/w1', reason: 'agreed', by: 'ann' }] });
      await until(handle, 'window/w1', 'holding');
      await handle.executeUpdate('approve', { args: [{ gate: 'window/w1', reason: 'now', by: 'ann' }] });
      await until(handle, 'approve-boot/w2', 'asking');
      await handle.signal('reject', 'boot/w2', 'its disk');
      await until(handle, 'approve-boot/w3', 'parked');
      await handle.signal('approve');
      await handle.result();
      await save({ gates: 'kha/demo' });
    });
  });

  test('record one that parks, hears words that it heeds and others, and plans anew', () => {
    const broken = new Set(['init/m1', 'runtime/w1', 'join/w1']);
    const on: World['on'] = ({ task: { id } }) => (broken.has(id) ? refuse(`${id} is broken`) : undefined);
    return record({ plans: { v1: tasks, v2: tasks }, on }, async () => {
      const handle = await start();
      await until(handle, 'init/m1', 'parked');
      await until(handle, 'runtime/w1', 'parked');
      await handle.signal('skip');
      await handle.signal('skip', 'base/w1');
      broken.delete('runtime/w1');
      await handle.signal('retry', '*/w1');
      await until(handle, 'runtime/w1', 'changed');
      await handle.signal('skip', { task: 'init/m1', reason: 'by hand', by: 'ann' });
      await until(handle, 'join/w1', 'parked');
      broken.clear();
      await handle.signal('retry', { task: '*', declaration: 'v2' });
      await handle.result();
      await save({ parked: 'kha/demo', 'parked-lane': 'kha/demo/base/w1' });
    });
  });

  test('record a reboot that is approved for each master, and a worker that its host did not come back of', async () => {
    const { plan } = makePlan(reboot, cluster, assumedFacts(cluster, true), {
      approvals: [{ before: 'each-master', per: 'host', expires: '24h', outcome: 'park' }],
    });
    let isAway = true;
    const on: World['on'] = ({ task: { id } }) =>
      isAway && id === 'reboot/w1' ? refuse('not so after 600 s: w1 is back from its reboot') : undefined;
    await record({ plans: { v1: plan.tasks }, on }, async () => {
      const handle = await start('reboot', 'reboot');
      for (const master of ['m1', 'm2', 'm3']) {
        await until(handle, `approve-each-master/${master}`, 'asking');
        await handle.executeUpdate('approve', { args: [{ gate: master, reason: 'agreed', by: 'ann' }] });
      }
      await until(handle, 'reboot/w1', 'parked');
      isAway = false;
      await handle.signal('retry', { task: 'reboot/w1', by: 'ann' });
      await handle.result();
      await save({ reboot: 'kha/demo', 'reboot-lane': 'kha/demo/check-redundancy/w2' });
    });
  }, 60_000);

  test('record a kernel-upgrade of which one host is rejected, and one is up to date', async () => {
    const [kernel, candidate] = ['6.1.0-47-amd64', '6.1.0-56-amd64'];
    const facts = assumedFacts(cluster, true);
    for (const [name, of] of Object.entries(facts))
      Object.assign(of, { kernel: name === 'w2' ? candidate : kernel, boot: { loader: 'grub', candidate } });
    const { plan } = makePlan(kernelUpgrade, cluster, facts, {
      approvals: [{ before: 'reboot', per: 'host', outcome: 'park' }],
    });
    await record({ plans: { v1: plan.tasks } }, async () => {
      const handle = await start('kernelUpgrade', 'kernel-upgrade');
      await until(handle, 'approve-reboot/m1', 'asking');
      await handle.executeUpdate('reject', { args: [{ gate: 'reboot/m1', reason: 'its disk', by: 'ann' }] });
      await until(handle, 'approve-reboot/m2', 'asking');
      await handle.signal('approve', '*', 'change 4711');
      await handle.result();
      await save({ 'kernel-upgrade': 'kha/demo' });
    });
  }, 60_000);

  test.each([renewCertificates, rotateAuthorities])('record $id', async (operation) => {
    const { plan } = makePlan(operation, cluster, assumedFacts(cluster, true));
    await record({ plans: { v1: plan.tasks } }, async () => {
      const handle = await start(workflowTypeOf(operation.id), operation.id);
      await handle.result();
      await save({ [operation.id]: 'kha/demo' });
    });
  });

  test('record a run of a schedule that waits for another operation, and starts its own', () => {
    let broken = true;
    const on: World['on'] = () => (broken ? refuse('m1 is broken') : undefined);
    return record({ plans: { v1: tasks.slice(0, 1) }, on }, async () => {
      const other = await start();
      await until(other, 'base/m1', 'parked');
      const run = await env.client.workflow.start('scheduledRun', {
        args: [scheduledOf('demo')],
        taskQueue: 'kha',
        workflowId: 'kha/demo/nightly',
      });
      await vi.waitFor(
        async () =>
          expect(JSON.stringify((await run.fetchHistory()).events)).toContain('startChildWorkflowExecutionFailed'),
        { timeout: 20_000, interval: 200 },
      );
      broken = false;
      await other.signal('retry');
      await run.result();
      await save({ 'scheduled-run': 'kha/demo/nightly' });
    });
  }, 60_000);
}

test.each(readdirSync(folder))('workflow code still follows the history %s', async (name) => {
  const history: unknown = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, 'kha/demo');
});

test('there are histories to follow', () => expect(readdirSync(folder).length).toBeGreaterThanOrEqual(9));
