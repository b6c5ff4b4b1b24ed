import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recordCluster } from '../../../src/activities/record-cluster.ts';
import type { Ports } from '../../../src/activities/ports.ts';
import type { ApplyInput } from '../../../src/cli/commands/apply.ts';
import { run } from '../../../src/cli/handlers/apply.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { KhaError } from '../../../src/cluster/error.ts';
import type { OperationSummary } from '../../../src/ports/operations.ts';
import type { Ssh } from '../../../src/ports/ssh.ts';
import type { OperationInput } from '../../../src/workflows/protocol.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';
import { type FakeContext, fakeContext } from './fake-context.ts';
import { fakeOperations, RUNNING } from './fake-operations.ts';

const dir = mkdtempSync(join(tmpdir(), 'kha-apply-'));
afterAll(() => rmSync(dir, { recursive: true }));

const BEFORE =
  'name: demo\nhosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4}\nmasters: [m1, m2, m3]\nworkers: [w1]\n';
const AFTER =
  'name: demo\nhosts: {m1: 10.0.0.1, m2: 10.0.0.2, m4: 10.0.0.14, w1: 10.0.0.4, w2: 10.0.0.5}\nmasters: [m1, m2, m4]\nworkers: [w1, w2]\nkubernetes: {maxPods: 200}\ndrain: {force: true}\n';
const fileWith = (text: string): string => {
  const path = join(dir, 'cluster.yaml');
  writeFileSync(path, text);
  return path;
};

interface World {
  store: ReturnType<typeof createMemoryStore>;
  context: FakeContext;
  started: OperationInput[];
  apply: (text: string, options?: Partial<ApplyInput['options']>) => Promise<void>;
}

/**
 * A kha that has recorded a cluster, and a Temporal whose operations record what they are for when they are done; `fails` names one
 * that does not come to that, `running` one that runs already.
 */
async function world(
  options: { record?: string; answer?: boolean; fails?: string; running?: OperationSummary; dead?: boolean } = {},
): Promise<World> {
  const store = createMemoryStore();
  const clock = { now: () => 5 };
  const done = async (name: string, digest: string): Promise<void> =>
    recordCluster({ store, clock } as Ports, name, digest, await store.getObject<Cluster>(digest));
  if (options.record !== undefined) {
    const digest = await store.putObject(await clusterFrom(options.record));
    await store.putCluster({ name: 'demo', cluster: digest, createdAt: '', updatedAt: '', sources: [] });
  }
  const started: OperationInput[] = [];
  const operations = fakeOperations({
    running: options.running,
    ...(options.fails === undefined ? {} : { fails: options.fails }),
    ...(options.dead ? { dead: true } : {}),
    onStart: async (input) => {
      started.push(input);
      expect(input.options.basis ?? input.declaration).toBe((await store.getCluster('demo'))?.cluster);
      if (input.operation !== options.fails) await done('demo', input.declaration);
    },
  });
  const context = fakeContext({
    store,
    operations,
    ...(options.answer === undefined ? {} : { answer: options.answer }),
  });
  const ssh: Ssh = {
    exec: () => Promise.reject(new Error('not part of this test')),
    offeredKey: async () => ({ type: 'ssh-ed25519', key: 'AAAA', fingerprint: 'SHA256:x' }),
    close: async () => undefined,
  };
  context.ssh = async () => ssh;
  const apply: World['apply'] = (text, more = {}) =>
    run(context, {
      args: {},
      options: {
        file: [fileWith(text)],
        inventory: undefined,
        extraVars: [],
        name: undefined,
        dryRun: false,
        removeFirst: [],
        acceptHostKeys: true,
        onFailure: undefined,
        ignorePreflightErrors: [],
        drain: [],
        yes: true,
        output: undefined,
        ...more,
      },
    });
  return { store, context, started, apply };
}

const names = ({ started }: World): string[] => started.map((s) => s.operation);
const talk = ({ context }: World): string => context.talk.join('\n');

describe('kha apply', () => {
  it('runs what is to do one after another, each from what the one before recorded', async () => {
    const w = await world({ record: BEFORE });
    await w.apply(AFTER, { drain: ['timeout=60'] });
    expect(
      w.started.map(({ operation, options: { targets, leaving } }) => [operation, ...(targets ?? leaving ?? [])]),
    ).toEqual([
      ['add-master', 'm4'],
      ['add-worker', 'w2'],
      ['add-etcd', 'm4'],
      ['remove-node', 'm3'],
      ['init-cluster'],
    ]);
    // The drain is as the file has it, though the record had it otherwise.
    expect(w.started[3]?.options.settings?.drain).toMatchObject({ force: true, timeoutSeconds: 60 });
    expect(w.started[4]?.options.basis).toBeUndefined();
    expect(await w.store.getCluster('demo')).not.toHaveProperty('pending');
    expect(talk(w)).toContain('demo is what is declared.');
    w.started.length = 0;
    await w.apply(AFTER);
    expect(w.started).toEqual([]);
    expect(talk(w)).toContain('Nothing differs from what is recorded of demo.');
  });

  it('leads nodes another way to the API, and says to where, and who is reset for it', async () => {
    const there = `${BEFORE.replace('w1: 10.0.0.4', 'w1: 10.0.0.4, l1: 10.0.0.7')}loadBalancer: {hosts: [w1, l1], address: 10.0.0.9}\n`;
    const w = await world({ record: BEFORE });
    await w.apply(there);
    await w.apply(BEFORE);
    expect(w.started.map(({ operation, options: { leaving } }) => [operation, ...(leaving ?? [])])).toEqual([
      ['configure-load-balancer'],
      ['configure-load-balancer', 'l1'],
    ]);
    expect(talk(w)).toContain('all nodes go by 10.0.0.9:8443, no more by 127.0.0.1:8443\n');
    expect(talk(w)).toContain('all nodes go by 127.0.0.1:8443, no more by 10.0.0.9:8443; l1: reset');
    await w.apply(BEFORE);
    expect(talk(w)).toContain('Nothing differs');
  });

  it('goes on with what is left after a failure, and says how', async () => {
    const w = await world({ record: BEFORE, fails: 'add-etcd' });
    const failed = await w.apply(AFTER).catch((error: unknown) => error as KhaError);
    expect(failed).toMatchObject({ code: 'KHA1007', hint: expect.stringContaining('what is left: kha apply -f ') });
    expect(names(w)).toEqual(['add-master', 'add-worker', 'add-etcd']);
    const record = (await w.store.getCluster('demo'))?.cluster ?? '';
    const { roles } = await w.store.getObject<Cluster>(record);
    expect(roles).toMatchObject({ masters: ['m1', 'm2', 'm4', 'm3'], etcd: ['m1', 'm2', 'm3'] });
    w.started.length = 0;
    await w.apply(AFTER).catch(() => undefined);
    expect(names(w)).toEqual(['add-etcd']);
  });

  it('makes a cluster that is not recorded, and again until it is made', async () => {
    const w = await world({ fails: 'init-cluster' });
    await expect(w.apply(BEFORE)).rejects.toMatchObject({ code: 'KHA1007' });
    expect((await w.store.getCluster('demo'))?.pending).toBe('new');
    // Before there is a cluster, a host with another address is a corrected file and nothing else.
    await expect(w.apply(BEFORE.replace('10.0.0.4', '10.0.0.44'))).rejects.toMatchObject({ code: 'KHA1007' });
    expect(names(w)).toEqual(['init-cluster', 'init-cluster']);
    expect(talk(w)).toContain('a new cluster of 4 hosts');
  });

  it('repeats settings that nothing carried out yet', async () => {
    const settings = `${BEFORE}kubernetes: {maxPods: 200}\n`;
    const w = await world({ record: BEFORE, fails: 'init-cluster' });
    await expect(w.apply(settings)).rejects.toMatchObject({ code: 'KHA1007' });
    await expect(w.apply(settings)).rejects.toMatchObject({ code: 'KHA1007' });
    expect(names(w)).toEqual(['init-cluster', 'init-cluster']);
    expect(talk(w)).toContain('did not end; it comes again');
  });

  it('asks before anything is touched, and shows without asking with --dry-run', async () => {
    const w = await world({ record: BEFORE, answer: false });
    await expect(w.apply(AFTER, { yes: false })).rejects.toMatchObject({ code: 'KHA1009' });
    expect(w.context.questions).toEqual(['m3 will leave demo and be reset. Go on?']);
    await w.apply(AFTER, { dryRun: true, yes: false });
    expect(w.context.out.join('\n')).toMatchInlineSnapshot(`
      "demo: 5 operations, one after another

        1. add-master    m4 (10.0.0.14)
        2. add-worker    w2 (10.0.0.5)
        3. add-etcd      m4
        4. remove-node   m3: drained, deleted, reset
        5. init-cluster  all 5 hosts get these settings
             kubernetes.maxPods
               - 110
               + 200"
    `);
    expect(w.started).toEqual([]);
    const before = await w.store.getCluster('demo');
    expect(before?.updatedAt).toBe('');
  });

  it('is a document with -o json', async () => {
    const w = await world({ record: BEFORE, dead: true });
    await w.apply(AFTER, { dryRun: true, output: 'json' });
    const { kind, stages } = JSON.parse(w.context.out.join('')) as { kind: string; stages: unknown[] };
    expect(kind).toBe('Stages');
    expect(stages.at(-1)).toMatchObject({
      operation: 'init-cluster',
      changes: [{ path: 'kubernetes.maxPods', before: 110, after: 200 }],
    });
    expect(talk(w)).toContain('Whether an operation runs on demo is not known');
  });

  it('watches what runs already before it looks what is left', async () => {
    const w = await world({ record: BEFORE, running: RUNNING });
    await w.apply(BEFORE);
    expect(talk(w)).toContain('add-worker has been running since 1970-01-01T00:00:00Z. It comes first');
    expect(talk(w)).toContain('Nothing differs');
    const ending = await world({ record: BEFORE, running: { ...RUNNING, operation: 'reset-cluster' } });
    await expect(ending.apply(AFTER)).rejects.toMatchObject({ code: 'KHA1006' });
  });

  it('does not go on where somebody else changed the record', async () => {
    const w = await world({ record: BEFORE });
    const operations = await w.context.operations();
    const start = operations.start.bind(operations);
    operations.start = async (input, about) => {
      const result = await start(input, about);
      const other = await w.store.putObject(await clusterFrom(BEFORE.replace('10.0.0.4', '10.0.0.44')));
      await recordCluster(
        { store: w.store, clock: { now: () => 9 } } as Ports,
        'demo',
        other,
        await w.store.getObject(other),
      );
      return result;
    };
    await expect(w.apply(AFTER)).rejects.toMatchObject({ code: 'KHA1005' });
    expect(names(w)).toEqual(['add-master']);
  });

  it('takes no host first that stays, and needs a file', async () => {
    const w = await world({ record: BEFORE });
    await expect(w.apply(AFTER, { removeFirst: ['m1'] })).rejects.toThrow('m1 would stay in demo');
    await expect(w.apply(AFTER, { file: [] })).rejects.toMatchObject({ code: 'KHA1001' });
    await w.apply(AFTER, { removeFirst: ['m3'] });
    expect(names(w)[0]).toBe('remove-node');
  });
});
