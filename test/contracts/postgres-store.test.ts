import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKeyFile, withNewKey } from '../../src/adapters/encryption/key-file.ts';
import { createPostgresStore } from '../../src/adapters/postgres-store/postgres-store.ts';
import { parsePostgresUrl } from '../../src/adapters/postgres-store/settings.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { storeContract } from './store.contract.ts';
import { storeProcessesContract } from './store-processes.contract.ts';
import { command, recordNamed } from './store-samples.ts';

let postgres: Postgres;
let home: string;
let databases = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kha-store-'));
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.dispose();
  await rm(home, { recursive: true });
});

/** A new database and what opens stores over it, each with connections of its own. */
function fresh() {
  const url = postgres.createDatabase(`kha_${++databases}`);
  const env = { PGPASSFILE: postgres.passfile };
  const key = join(home, `keys-${databases}/store.key`);
  const opened: { close(): Promise<void> }[] = [];
  const open = (patienceMs = 20_000, keyFile = key) => {
    const store = createPostgresStore(parsePostgresUrl(url, env), { key: keyFile, env, patienceMs });
    opened.push(store);
    return store;
  };
  return { url, env, key, open, dispose: async () => void (await Promise.all(opened.map((s) => s.close()))) };
}

storeContract('the PostgreSQL store', async () => {
  const { key, open, dispose } = fresh();
  const rotate = async () => void (await openKeyFile(key).change((ring) => withNewKey(ring, new Date().toISOString())));
  return { store: open(), reopen: async () => open(), rotate, dispose };
});

/** Two machines: homes of their own, one folder of keys that both have. */
const machines = async () => {
  const { url, dispose } = fresh();
  const env = ['one', 'two'].map((machine) => ({
    KHA_HOME: join(home, `${databases}-${machine}`),
    KHA_KEYS: join(home, `${databases}-keys`),
    KHA_STORE: url,
    PGPASSFILE: postgres.passfile,
  }));
  return { env, dispose };
};

storeProcessesContract('the PostgreSQL store', machines);
storeProcessesContract('the PostgreSQL store that restarts', async () => ({
  ...(await machines()),
  disturb: () => postgres.restart(),
}));
storeProcessesContract('the PostgreSQL store that is killed', async () => ({
  ...(await machines()),
  disturb: async () => {
    await postgres.kill();
    await postgres.start();
  },
}));

describe('the PostgreSQL store', () => {
  it('goes on over a restart and a kill of PostgreSQL', async () => {
    const { open, dispose } = fresh();
    const store = open();
    const id = await store.putObject({ a: 1 });
    await postgres.restart();
    expect(await store.getObject(id)).toEqual({ a: 1 });
    await store.putCluster(recordNamed('demo', id));
    await postgres.kill();
    const reading = store.getCluster('demo');
    const writing = store.appendLog('run', command('a', 1));
    await postgres.start();
    expect(await reading).toEqual(recordNamed('demo', id));
    await writing;
    expect(await store.readLog('run')).toEqual([command('a', 1)]);
    await dispose();
  });

  it('refuses a machine that lacks the key of the last rotation, and one that has none', async () => {
    const { key, open, dispose } = fresh();
    const store = open();
    await store.putSecret('demo/a', 'one');
    const copy = join(home, 'copy.key');
    await copyFile(key, copy);
    const [newest] = await openKeyFile(key).change((ring) => withNewKey(ring, new Date().toISOString()));
    expect(await open(1000, copy).getSecret('demo/a')).toBe('one');
    expect(await store.reencryptSecrets()).toBe(1);
    for (const path of [copy, join(home, 'none.key')])
      await expect(open(1000, path).putSecret('demo/b', 'two')).rejects.toMatchObject({
        code: 'KHA4004',
        message: expect.stringContaining(newest.id),
        hint: expect.stringContaining('store.key'),
      });
    await copyFile(key, copy);
    expect(await open(1000, copy).getSecret('demo/a')).toBe('one');
    await dispose();
  });
});
