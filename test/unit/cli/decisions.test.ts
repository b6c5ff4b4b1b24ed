import { describe, expect, it } from 'vitest';
import { dependentsOf } from '../../../src/cli/decision.ts';
import { run as abort } from '../../../src/cli/handlers/abort.ts';
import { run as retry } from '../../../src/cli/handlers/retry.ts';
import { run as skip } from '../../../src/cli/handlers/skip.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { recordDeclaration } from '../../../src/cli/record.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { KhaError } from '../../../src/cluster/error.ts';
import { loadSource } from '../../../src/config/load.ts';
import { readYaml } from '../../../src/config/yaml-source.ts';
import type { Operations } from '../../../src/ports/operations.ts';
import type { Progress } from '../../../src/workflows/protocol.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';
import { fakeContext } from './fake-context.ts';
import { inTheMiddle, T0 } from './sample-progress.ts';

const parkedTask = 'install-packages/w1';
const source = { file: [], inventory: undefined, extraVars: [], name: undefined, yes: false };

function operationsWith(progress: Progress | KhaError, state: 'running' | 'completed' = 'running') {
  const said: [string, object][] = [];
  const never = () => Promise.reject(new Error('not part of this test'));
  const operations: Operations = {
    place: { address: 'a', namespace: 'n' },
    describe: async () => ({
      workflowId: 'kha/demo',
      runId: 'r',
      cluster: 'demo',
      operation: 'init-cluster',
      state,
      startedAt: T0,
    }),
    progress: async () => {
      if (progress instanceof KhaError) throw progress;
      return progress;
    },
    retry: async (_cluster, request) => void said.push(['retry', request]),
    skip: async (_cluster, request) => void said.push(['skip', request]),
    abort: async (_cluster, request) => void said.push(['abort', request]),
    outcome: never,
    start: never,
    list: never,
    workers: never,
    serverVersion: never,
    close: async () => undefined,
  };
  return { operations, said };
}
const nobody = new KhaError('No kha worker answers.', { code: 'KHA6010', blame: 'temporal' });

describe('retry', () => {
  it('takes the only parked task by itself', async () => {
    const { operations, said } = operationsWith(inTheMiddle);
    await retry(fakeContext({ operations }), {
      args: { cluster: 'demo', task: undefined },
      options: { ...source, all: false },
    });
    expect(said).toEqual([['retry', { task: parkedTask, by: 'anna@desk' }]]);
  });
  it('refuses a task that is not parked, and says which are', async () => {
    const { operations, said } = operationsWith(inTheMiddle);
    const run = retry(fakeContext({ operations }), {
      args: { cluster: 'demo', task: 'base-system/m1' },
      options: { ...source, all: false },
    });
    await expect(run).rejects.toMatchObject({ code: 'KHA1001', hint: `Parked: ${parkedTask}` });
    expect(said).toEqual([]);
  });
  it('asks which one where several are parked', async () => {
    const tasks = inTheMiddle.tasks.map((t) => (t.state === 'running' ? { ...t, state: 'parked' as const } : t));
    const { operations } = operationsWith({ ...inTheMiddle, tasks });
    const run = retry(fakeContext({ operations }), {
      args: { cluster: 'demo', task: undefined },
      options: { ...source, all: false },
    });
    await expect(run).rejects.toMatchObject({ code: 'KHA1001', message: 'Which task?' });
  });
  it('sends the word for all even where no worker answers, and says so', async () => {
    const { operations, said } = operationsWith(nobody);
    const context = fakeContext({ operations });
    await retry(context, { args: { cluster: 'demo', task: undefined }, options: { ...source, all: true } });
    expect(said).toEqual([['retry', { task: '*', by: 'anna@desk' }]]);
    expect(context.talk.join('\n')).toContain('No kha worker answers now');
  });
  it('is not found where nothing runs', async () => {
    const { operations } = operationsWith(inTheMiddle, 'completed');
    const run = retry(fakeContext({ operations }), {
      args: { cluster: 'demo', task: undefined },
      options: { ...source, all: true },
    });
    await expect(run).rejects.toMatchObject({ code: 'KHA1002' });
  });
});

describe('skip', () => {
  const input = (task: string, yes = false) => ({
    args: { cluster: 'demo', task },
    options: { reason: 'by hand', yes },
  });
  it('says what depends on the task, and asks', async () => {
    const { operations, said } = operationsWith(inTheMiddle);
    const context = fakeContext({ operations, answer: true });
    await skip(context, input(parkedTask));
    expect(context.talk.join('\n')).toContain('join-worker/w1');
    expect(context.questions).toEqual([`Leave ${parkedTask} out?`]);
    expect(said).toEqual([['skip', { task: parkedTask, reason: 'by hand', by: 'anna@desk' }]]);
  });
  it('does nothing when the answer is no, or nobody can answer', async () => {
    for (const [answer, code] of [
      [false, 'KHA1009'],
      [undefined, 'KHA1003'],
    ] as const) {
      const { operations, said } = operationsWith(inTheMiddle);
      const context = fakeContext({ operations, ...(answer === undefined ? {} : { answer }) });
      await expect(skip(context, input(parkedTask))).rejects.toMatchObject({ code });
      expect(said).toEqual([]);
    }
  });
  it('never leaves out the facts of a host', async () => {
    const [first] = inTheMiddle.tasks;
    if (!first) throw new Error('the sample has no task');
    const facts = { ...first, id: 'gather-facts/m1', step: 'gather-facts', state: 'parked' as const };
    const { operations } = operationsWith({ ...inTheMiddle, phase: 'facts', tasks: [facts] });
    await expect(skip(fakeContext({ operations }), input('gather-facts/m1', true))).rejects.toMatchObject({
      code: 'KHA1001',
    });
  });
  it('finds dependents however far behind', () => {
    expect(dependentsOf(inTheMiddle, 'base-system/w1')).toEqual(['install-packages/w1', 'join-worker/w1']);
    expect(dependentsOf(inTheMiddle, 'init-first-master/m1')).toEqual([
      'join-master/m2',
      'join-worker/w1',
      'join-worker/w2',
    ]);
  });
});

describe('abort', () => {
  it('demands a reason and a yes', async () => {
    const { operations, said } = operationsWith(inTheMiddle);
    const run = (reason: string | undefined, yes: boolean) =>
      abort(fakeContext({ operations }), { args: { cluster: 'demo' }, options: { reason, yes } });
    await expect(run(undefined, true)).rejects.toMatchObject({ code: 'KHA1001' });
    await expect(run('wrong', false)).rejects.toMatchObject({ code: 'KHA1003' });
    await run('wrong', true);
    expect(said).toEqual([['abort', { reason: 'wrong', by: 'anna@desk' }]]);
  });
});

describe('recordDeclaration', () => {
  const declared = async (pods: string): Promise<{ cluster: Cluster; sources: string[] }> => {
    const text = `name: demo\nhosts: {m1: 10.0.0.1}\nmasters: [m1]\nkubernetes: {podSubnet: ${pods}}\n`;
    return loadSource(readYaml([{ name: 'c.yaml', text }]));
  };
  it('refuses a file that contradicts the record, shows how, and records nothing', async () => {
    const store = createMemoryStore();
    const context = fakeContext({ store });
    const first = await recordDeclaration(context, await declared('10.244.0.0/16'), { acceptChanges: false });
    await expect(
      recordDeclaration(context, await declared('10.200.0.0/16'), { acceptChanges: false }),
    ).rejects.toMatchObject({ code: 'KHA1005' });
    expect(context.talk.join('\n')).toMatch(/kubernetes\.podSubnet\n.*- 10\.244\.0\.0\/16\n.*\+ 10\.200\.0\.0\/16/);
    expect((await store.getCluster('demo'))?.cluster).toBe(first);
  });
  it('takes it with --accept-changes, and the same file again without a word', async () => {
    const store = createMemoryStore();
    const context = fakeContext({ store });
    await recordDeclaration(context, await declared('10.244.0.0/16'), { acceptChanges: false });
    const second = await recordDeclaration(context, await declared('10.200.0.0/16'), { acceptChanges: true });
    expect((await store.getCluster('demo'))?.cluster).toBe(second);
    context.talk.length = 0;
    expect(await recordDeclaration(context, await declared('10.200.0.0/16'), { acceptChanges: false })).toBe(second);
    expect(context.talk).toEqual([]);
  });
});

describe('status', () => {
  it('prints one document with -o json also where the operation waits: the rest is told on standard error', async () => {
    const stuck = { ...inTheMiddle, tasks: inTheMiddle.tasks.filter((t) => t.state === 'parked') };
    const context = fakeContext({ operations: operationsWith(stuck).operations });
    const err: string[] = [];
    const code = await runCli(['status', 'demo', '-o', 'json'], {
      env: {},
      stdin: process.stdin,
      stdout: context.stdout,
      stderr: { write: (text) => err.push(text) },
      createContext: async () => context,
    });
    expect(code).toBe(7);
    expect(JSON.parse(context.out.join(''))).toMatchObject({ tasks: [{ id: parkedTask, state: 'parked' }] });
    expect(err.join('')).toContain(`kha retry demo ${parkedTask}`);
  });
});
