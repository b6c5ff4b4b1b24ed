import { describe, expect, it } from 'vitest';
import { dependentsOf } from '../../../src/cli/decision.ts';
import { run as abort } from '../../../src/cli/handlers/abort.ts';
import { run as retry } from '../../../src/cli/handlers/retry.ts';
import { run as skip } from '../../../src/cli/handlers/skip.ts';
import { run as status } from '../../../src/cli/handlers/status.ts';
import { exitCodeOf } from '../../../src/cli/exit-codes.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { recordCluster } from '../../../src/activities/record-cluster.ts';
import type { Ports } from '../../../src/activities/ports.ts';
import { demandAccepted, recordDeclaration } from '../../../src/cli/record.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { KhaError } from '../../../src/cluster/error.ts';
import { loadSource } from '../../../src/config/load.ts';
import { readYaml } from '../../../src/config/yaml-source.ts';
import type { Operations, OperationSummary } from '../../../src/ports/operations.ts';
import type { Progress } from '../../../src/workflows/protocol.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';
import { type FakeContext, fakeContext } from './fake-context.ts';
import { inTheMiddle, T0 } from './sample-progress.ts';

const parkedTask = 'install-packages/w1';
const source = { file: [], inventory: undefined, extraVars: [], name: undefined, yes: false };

/** `refuse`: the operation heeds no word, for this reason. */
function operationsWith(
  progress: Progress | KhaError,
  {
    state = 'running',
    refuse,
    waiting = [],
  }: { state?: 'running' | 'completed'; refuse?: string; waiting?: OperationSummary[] } = {},
) {
  const said: [string, object][] = [];
  const hear = async (say: string, request: { task?: string; by: string }): Promise<void> => {
    said.push([say, request]);
    if (progress instanceof KhaError) return;
    const text = `${say} of ${request.task}${refuse === undefined ? '' : `: ${refuse}`}`;
    progress = {
      ...progress,
      said: [...progress.said, { at: said.length, by: request.by, text, heeded: refuse === undefined }],
    };
  };
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
    retry: (_cluster, request) => hear('retry', request),
    skip: (_cluster, request) => hear('skip', request),
    abort: (_cluster, request) => hear('abort', request),
    outcome: never,
    start: never,
    decide: never,
    leaveWord: never,
    spoken: never,
    list: async () => waiting,
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
      options: { ...source, host: [], all: false },
    });
    expect(said).toEqual([['retry', { task: parkedTask, by: 'anna@desk' }]]);
  });
  it('refuses a task that is not parked, and says which are', async () => {
    const { operations, said } = operationsWith(inTheMiddle);
    const run = retry(fakeContext({ operations }), {
      args: { cluster: 'demo', task: 'base-system/m1' },
      options: { ...source, host: [], all: false },
    });
    await expect(run).rejects.toMatchObject({ code: 'KHA1001', hint: `Parked: ${parkedTask}` });
    expect(said).toEqual([]);
  });
  it('asks which one where several are parked', async () => {
    const tasks = inTheMiddle.tasks.map((t) => (t.state === 'running' ? { ...t, state: 'parked' as const } : t));
    const { operations } = operationsWith({ ...inTheMiddle, tasks });
    const run = retry(fakeContext({ operations }), {
      args: { cluster: 'demo', task: undefined },
      options: { ...source, host: [], all: false },
    });
    await expect(run).rejects.toMatchObject({ code: 'KHA1001', message: 'Which task?' });
  });
  it('sends the word for all even where no worker answers, and says so', async () => {
    const { operations, said } = operationsWith(nobody);
    const context = fakeContext({ operations, store: createMemoryStore() });
    await retry(context, { args: { cluster: 'demo', task: undefined }, options: { ...source, host: [], all: true } });
    expect(said).toEqual([['retry', { task: '*', by: 'anna@desk' }]]);
    expect(context.talk.join('\n')).toContain('No kha worker answers now');
  });
  it.each([
    ['instal-packages/w1', `Did you mean ${parkedTask}?\nParked: ${parkedTask}`],
    ['w11', `Did you mean w1?\nParked: ${parkedTask}`],
    ['nonsense', `Parked: ${parkedTask}`],
  ])('does not send %s, and says what may be meant', async (task, hint) => {
    const { operations, said } = operationsWith(inTheMiddle);
    const run = retry(fakeContext({ operations }), {
      args: { cluster: 'demo', task },
      options: { ...source, host: [], all: false },
    });
    await expect(run).rejects.toMatchObject({ code: 'KHA1002', message: `There is no task ${task}.`, hint });
    expect(said).toEqual([]);
  });
  it.each([
    [['w1'], '*/w1'],
    [['w1,w1'], '*/w1'],
  ])('takes a host', async (host, task) => {
    const { operations, said } = operationsWith(inTheMiddle);
    const context = fakeContext({ operations });
    await retry(context, { args: { cluster: 'demo', task: undefined }, options: { ...source, host, all: false } });
    expect(said[0]).toEqual(['retry', { task, by: 'anna@desk' }]);
    expect(context.talk.join('\n')).toContain(`${parkedTask} is tried again`);
  });
  it('refuses a host that is not there, one on which nothing is parked, and two choices at once', async () => {
    const { operations, said } = operationsWith(inTheMiddle);
    const run = (host: string[], task?: string) =>
      retry(fakeContext({ operations }), { args: { cluster: 'demo', task }, options: { ...source, host, all: false } });
    await expect(run(['w7'])).rejects.toMatchObject({ code: 'KHA1002', message: 'No task is on a host w7.' });
    await expect(run(['w2'])).rejects.toMatchObject({
      code: 'KHA1001',
      message: 'Of the 3 tasks of host w2 none is parked.',
    });
    await expect(run(['w1'], parkedTask)).rejects.toMatchObject({ code: 'KHA1001' });
    expect(said).toEqual([]);
  });
  it('says it where somebody else decided first, and ends with 1', async () => {
    const { operations } = operationsWith(inTheMiddle, { refuse: 'another word came first' });
    const run = retry(fakeContext({ operations }), {
      args: { cluster: 'demo', task: parkedTask },
      options: { ...source, host: [], all: false },
    });
    const error = await run.then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: 'KHA1012' });
    expect((error as KhaError).message).toBe(`Not heeded: retry of ${parkedTask}: another word came first.`);
    expect(exitCodeOf(error)).toBe(1);
  });
  it('checks names as far as it can where no worker answers', async () => {
    const { operations, said } = operationsWith(nobody);
    const run = (task: string) =>
      retry(fakeContext({ operations, store: createMemoryStore() }), {
        args: { cluster: 'demo', task },
        options: { ...source, host: [], all: false },
      });
    await expect(run('join-wroker/w1')).rejects.toMatchObject({ code: 'KHA1002', hint: 'Did you mean join-worker?' });
    expect(said).toEqual([]);
    await run('join-worker/w1');
    expect(said).toEqual([['retry', { task: 'join-worker/w1', by: 'anna@desk' }]]);
  });
  it('is not found where nothing runs', async () => {
    const { operations } = operationsWith(inTheMiddle, { state: 'completed' });
    const run = retry(fakeContext({ operations }), {
      args: { cluster: 'demo', task: undefined },
      options: { ...source, host: [], all: true },
    });
    await expect(run).rejects.toMatchObject({ code: 'KHA1002' });
  });
});

describe('skip', () => {
  const input = (task: string, yes = false) => ({
    args: { cluster: 'demo', task },
    options: { reason: 'by hand', yes, host: [], all: false },
  });
  it('says what depends on the task, and asks', async () => {
    const { operations, said } = operationsWith(inTheMiddle);
    const context = fakeContext({ operations, answer: true });
    await skip(context, input(parkedTask));
    expect(context.talk.join('\n')).toMatchSnapshot();
    expect(context.questions).toEqual([`Leave ${parkedTask} out?`]);
    expect(said).toEqual([['skip', { task: parkedTask, reason: 'by hand', by: 'anna@desk', parkedAt: T0 + 52_000 }]]);
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
  it('leaves all out that is parked of a host, each as it was shown', async () => {
    const tasks = inTheMiddle.tasks.map((t) =>
      t.id === 'base-system/w1' ? { ...t, state: 'parked' as const, endedAt: T0 + 14_000 } : t,
    );
    const { operations, said } = operationsWith({ ...inTheMiddle, tasks });
    const context = fakeContext({ operations, answer: true });
    await skip(context, {
      args: { cluster: 'demo', task: undefined },
      options: { reason: 'by hand', yes: false, host: ['w1'], all: false },
    });
    expect(said.map(([, request]) => request)).toEqual([
      { task: 'base-system/w1', reason: 'by hand', by: 'anna@desk', parkedAt: T0 + 14_000 },
      { task: parkedTask, reason: 'by hand', by: 'anna@desk', parkedAt: T0 + 52_000 },
    ]);
    expect(context.questions).toEqual([`Leave base-system/w1, ${parkedTask} out?`]);
  });
  it('needs a task where no worker answers, and says what is not known', async () => {
    const { operations, said } = operationsWith(nobody);
    const context = fakeContext({ operations, answer: true, store: createMemoryStore() });
    await expect(
      skip(context, {
        args: { cluster: 'demo', task: undefined },
        options: { reason: 'x', yes: true, host: [], all: true },
      }),
    ).rejects.toMatchObject({ code: 'KHA1001' });
    await skip(context, input('join-worker/w1'));
    expect(context.questions).toEqual(['Leave join-worker/w1 out if it is parked?']);
    expect(said).toEqual([['skip', { task: 'join-worker/w1', reason: 'by hand', by: 'anna@desk' }]]);
  });
  it('never leaves out what there is no plan without', async () => {
    const [first] = inTheMiddle.tasks;
    if (!first) throw new Error('the sample has no task');
    const facts = { ...first, id: 'gather-facts/m1', step: 'gather-facts', state: 'parked', vital: true } as const;
    const { operations } = operationsWith({ ...inTheMiddle, phase: 'facts', tasks: [facts] });
    await expect(skip(fakeContext({ operations }), input('gather-facts/m1', true))).rejects.toMatchObject({
      code: 'KHA1001',
    });
  });
  it('finds dependents however far behind', () => {
    const behind = (...tasks: string[]): string[] => dependentsOf(inTheMiddle, tasks).map((t) => t.id);
    expect(behind('base-system/w1')).toEqual(['install-packages/w1', 'join-worker/w1']);
    expect(behind('base-system/w1', 'install-packages/w1')).toEqual(['join-worker/w1']);
    expect(behind('init-first-master/m1')).toEqual(['join-master/m2', 'join-worker/w1', 'join-worker/w2']);
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
  const demand = async (context: FakeContext, pods: string, acceptChanges: boolean): Promise<void> =>
    demandAccepted(context, (await declared(pods)).cluster, { acceptChanges });

  it('is for what was accepted: a file that contradicts the record is refused, and shown how', async () => {
    const store = createMemoryStore();
    const context = fakeContext({ store });
    await demand(context, '10.244.0.0/16', false);
    const first = await recordDeclaration(context, await declared('10.244.0.0/16'));
    await expect(demand(context, '10.200.0.0/16', false)).rejects.toMatchObject({ code: 'KHA1005' });
    expect(context.talk.join('\n')).toMatch(/kubernetes\.podSubnet\n.*- 10\.244\.0\.0\/16\n.*\+ 10\.200\.0\.0\/16/);
    expect((await store.getCluster('demo'))?.cluster).toBe(first);
  });
  it('takes it with --accept-changes, and the same file again without a word', async () => {
    const store = createMemoryStore();
    const context = fakeContext({ store });
    await recordDeclaration(context, await declared('10.244.0.0/16'));
    await demand(context, '10.200.0.0/16', true);
    const second = await recordDeclaration(context, await declared('10.200.0.0/16'));
    expect((await store.getCluster('demo'))?.cluster).toBe(second);
    context.talk.length = 0;
    await demand(context, '10.200.0.0/16', false);
    expect(await recordDeclaration(context, await declared('10.200.0.0/16'))).toBe(second);
    expect(context.talk).toEqual([]);
  });
  it('remembers that nothing carried it out yet, until an operation did', async () => {
    const store = createMemoryStore();
    const context = fakeContext({ store });
    const pending = async () => (await store.getCluster('demo'))?.pending;
    const done = async (digest: string): Promise<void> =>
      recordCluster(
        { store, clock: { now: () => 0 } } as Ports,
        'demo',
        digest,
        await store.getObject<Cluster>(digest),
      );
    await recordDeclaration(context, await declared('10.244.0.0/16'));
    const first = await recordDeclaration(context, await declared('10.245.0.0/16'));
    expect(await pending()).toBe('new');
    await done(first);
    expect(await pending()).toBeUndefined();
    const second = await recordDeclaration(context, await declared('10.200.0.0/16'));
    expect(await pending()).toBe('changed');
    // An operation on some hosts, whose declaration is another one.
    const { cluster } = await declared('10.200.0.0/16');
    await done(await store.putObject({ ...cluster, parallelism: 3 }));
    expect(await pending()).toBe('changed');
    await recordDeclaration(context, await declared('10.200.0.0/16'));
    await done(second);
    expect(await pending()).toBeUndefined();
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

  it('tells of runs of schedules that wait for the operation', async () => {
    const run: OperationSummary = {
      workflowId: 'kha/demo/nightly-x',
      runId: 'r',
      cluster: 'demo',
      operation: 'init-cluster',
      state: 'waiting',
      startedAt: T0,
      by: 'schedule nightly',
    };
    const waiting = [run, { ...run, state: 'completed' as const }];
    const running = { ...inTheMiddle, tasks: inTheMiddle.tasks.filter((t) => t.state !== 'parked') };
    const context = fakeContext({ operations: operationsWith(running, { waiting }).operations, now: T0 + 90_000 });
    await status(context, { args: { cluster: 'demo' }, options: { watch: false, output: undefined } });
    expect(context.out.filter((line) => line.includes('then '))).toEqual([
      '\n◷ then init-cluster, by its schedule nightly: it waits for 1m30s',
    ]);
    const json = fakeContext({ operations: operationsWith(running, { waiting }).operations, now: T0 });
    await status(json, { args: { cluster: 'demo' }, options: { watch: false, output: 'json' } });
    expect(JSON.parse(json.out.join(''))).toMatchObject({ waiting: [{ by: 'schedule nightly', state: 'waiting' }] });
  });
});
