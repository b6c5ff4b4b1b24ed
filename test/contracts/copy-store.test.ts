import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFileStore } from '../../src/adapters/file-store/file-store.ts';
import { copyStore } from '../../src/cli/copy-store.ts';
import { migrate } from '../../src/cli/handlers/store.ts';
import { findHome } from '../../src/home.ts';
import { openStore } from '../../src/open-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { fakeContext } from '../unit/cli/fake-context.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { command, recordNamed } from './store-samples.ts';

let postgres: Postgres;
let dir: string;
let databases = 0;
let env: Record<string, string>;
let from: Store;
let to: Store;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.dispose());

const fileStore = (name: string) => {
  const home = findHome({ KHA_HOME: join(dir, name) });
  return createFileStore(home.store, { key: home.storeKey, knownHosts: home.knownHosts });
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kha-copy-'));
  const url = postgres.createDatabase(`kha_${++databases}`);
  env = { KHA_HOME: join(dir, 'home'), KHA_STORE: url, PGPASSFILE: postgres.passfile };
  from = fileStore('home');
  to = await openStore(findHome(env), { env });
});
afterEach(async () => {
  await to.close();
  await rm(dir, { recursive: true });
});

/** Fills a store with some of everything. */
async function fill(store: Store): Promise<void> {
  for (let i = 0; i < 30; i++) await store.putObject({ i, text: 'ü\u0000𝄞' });
  const id = await store.putObject({ cluster: 'demo' });
  await store.putCluster(recordNamed('demo', id));
  await store.putCluster(recordNamed('other', id));
  for (const name of ['demo/pki/ca.key', 'demo/sudo', '../odd']) await store.putSecret(name, `value of ${name}\n`);
  await store.putSecret('demo/empty', '');
  for (let i = 0; i < 10; i++) await store.appendLog('kha/demo', command(`t${i}`, 100 - i));
  // Twice the same is two entries.
  await store.appendLog('kha/demo', command('t0', 100));
  await store.appendLog('kha/other', command('t', 1));
  await store.knownHosts('demo').change(() => 'm1,10.0.0.1 ssh-ed25519 AAAA\n');
}

/** Everything that a store knows, comparable. */
async function contentOf(store: Store) {
  const objects = await store.listObjects();
  return {
    objects: Object.fromEntries(
      await Promise.all(objects.sort().map(async (id) => [id, await store.getObject(id)] as const)),
    ),
    clusters: await store.listClusters(),
    secrets: await Promise.all((await store.listSecrets('')).map(async (name) => [name, await store.getSecret(name)])),
    logs: await Promise.all((await store.listLogs()).map(async (run) => [run, await store.readLog(run)])),
    hostKeys: await Promise.all(
      (await store.listKnownHosts()).map(async (name) => [name, await store.knownHosts(name).read()]),
    ),
  };
}

const all = [
  { kind: 'documents', copied: 31, same: 0 },
  { kind: 'logs', copied: 2, same: 0 },
  { kind: 'host keys', copied: 1, same: 0 },
  { kind: 'secrets', copied: 4, same: 0 },
  { kind: 'clusters', copied: 2, same: 0 },
];

describe('a copy of a store', () => {
  it('holds all that the other one has, from files to PostgreSQL and back, and is made once', async () => {
    await fill(from);
    expect(await copyStore(from, to, { dryRun: true })).toEqual(all);
    expect(await to.listObjects()).toEqual([]);
    expect(await copyStore(from, to)).toEqual(all);
    expect(await contentOf(to)).toEqual(await contentOf(from));
    const again = all.map(({ kind, copied }) => ({ kind, copied: 0, same: copied }));
    expect(await copyStore(from, to)).toEqual(again);
    expect(await contentOf(to)).toEqual(await contentOf(from));

    const back = fileStore('back');
    expect(await copyStore(to, back)).toEqual(all);
    expect(await contentOf(back)).toEqual(await contentOf(from));
  });

  it('goes on where it was interrupted, at any write', async () => {
    await fill(from);
    for (let writes = 0; ; writes += 11) {
      let left = writes;
      let underWay = 0;
      const failing = new Proxy(to, {
        get(store, name: keyof Store) {
          const method = store[name];
          if (!['putObject', 'appendLog', 'createSecret', 'putCluster'].includes(name)) return method;
          return async (...args: unknown[]) => {
            if (left-- <= 0) throw new Error('interrupted');
            underWay++;
            try {
              return await (method as (...args: unknown[]) => unknown).apply(store, args);
            } finally {
              underWay--;
            }
          };
        },
      });
      const done = await copyStore(from, failing).then(
        () => true,
        () => false,
      );
      // Or the next try would not see what is being written, and write it once more.
      expect(underWay).toBe(0);
      // What is recorded is whole.
      for (const { name, cluster } of await to.listClusters())
        expect([name, await to.getObject(cluster)]).toEqual([name, { cluster: 'demo' }]);
      if (done) break;
      expect(writes).toBeLessThan(100);
    }
    expect(await contentOf(to)).toEqual(await contentOf(from));
  });

  it('never overwrites something else, and then copies nothing', async () => {
    await fill(from);
    await to.putSecret('demo/sudo', 'another');
    await to.putCluster(recordNamed('other', 'f'.repeat(64)));
    await to.knownHosts('demo').change(() => 'm1 ssh-ed25519 BBBB\n');
    await expect(copyStore(from, to)).rejects.toMatchObject({
      code: 'KHA4011',
      lastLines: ['host keys: demo', 'secrets: demo/sudo', 'clusters: other'],
    });
    expect(await to.listObjects()).toEqual([]);
    expect(await to.getSecret('demo/sudo')).toBe('another');
  });

  it('keeps what only the new place has, and heals a document that is damaged there', async () => {
    await fill(from);
    await to.putSecret('its own', 'x');
    await to.appendLog('kha/demo', command('of its own', 1));
    const [id = ''] = await from.listObjects();
    await to.putObject(await from.getObject(id));
    postgres.sql("update kha.objects set content = '{}'", `kha_${databases}`);
    await copyStore(from, to);
    expect(await to.getObject(id)).toEqual(await from.getObject(id));
    expect(await to.getSecret('its own')).toBe('x');
    expect((await to.readLog('kha/demo')).map((entry) => entry.task)).toContain('of its own');
    expect(await to.readLog('kha/demo')).toHaveLength(12);
  });

  it('is not called complete while somebody writes', async () => {
    await fill(from);
    const busy: Store = {
      ...to,
      putCluster: async (record) => {
        await to.putCluster(record);
        await to.putCluster({ ...record, updatedAt: 'changed' });
      },
    };
    await expect(copyStore(from, busy)).rejects.toMatchObject({ code: 'KHA4012', lastLines: ['demo', 'other'] });
  });
});

describe('kha store migrate', () => {
  const input = (options: { from?: string; to?: string; dryRun?: boolean; output?: 'json' }) => ({
    args: {},
    options: { from: undefined, to: undefined, dryRun: false, output: undefined, noHeaders: false, ...options },
  });
  const context = () => ({ ...fakeContext(), env, home: () => findHome(env) });

  it('copies KHA_HOME to KHA_STORE, says what it copied, and back into another folder with its own key', async () => {
    await fill(from);
    const first = context();
    await migrate(first, input({}));
    expect(first.out.join('\n')).toMatch(/WHAT +COPIED +THERE\n[^]*documents +31 +0[^]*clusters +2 +0/);
    expect(first.talk.join('\n')).toContain(`${join(dir, 'home/store')} is in ${to.place} now, compared`);
    expect(await contentOf(to)).toEqual(await contentOf(from));

    const target = join(dir, 'target');
    await fileStore('target').putSecret('made', 'its key');
    await migrate(context(), input({ from: env['KHA_STORE'] ?? '', to: target }));
    const [key, other] = await Promise.all(
      ['home', 'target'].map((name) => readFile(join(dir, name, 'keys/store.key'), 'utf8')),
    );
    expect(key).not.toBe(other);
    expect(await fileStore('target').getSecret('demo/sudo')).toBe('value of demo/sudo\n');
  });

  it('copies a store that holds secrets only', async () => {
    await from.putSecret('demo/sudo', 'x');
    await migrate(context(), input({}));
    expect(await to.getSecret('demo/sudo')).toBe('x');
    expect((await from.inspect()).map((finding) => finding.message)).toContain(`${from.place} can be read`);
  });

  it('refuses what can not be meant', async () => {
    await fill(from);
    const url = env['KHA_STORE'] ?? '';
    await expect(migrate(context(), input({ to: join(dir, 'home') }))).rejects.toMatchObject({ code: 'KHA1001' });
    await expect(migrate(context(), input({ from: join(dir, 'nowhere') }))).rejects.toMatchObject({ code: 'KHA1002' });
    await expect(migrate(context(), input({ to: url.replace('@', ':secret@') }))).rejects.toMatchObject({
      code: 'KHA4007',
      message: expect.not.stringContaining(':secret'),
    });
    env = { KHA_HOME: join(dir, 'home') };
    await expect(migrate(context(), input({}))).rejects.toMatchObject({ code: 'KHA1001' });
    await writeFile(join(dir, 'file'), '');
    await expect(migrate(context(), input({ to: join(dir, 'file') }))).rejects.toMatchObject({ code: 'KHA4005' });
  });
});
