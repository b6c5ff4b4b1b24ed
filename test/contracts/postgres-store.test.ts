import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openKeyFile, withNewKey } from '../../src/adapters/encryption/key-file.ts';
import { createPostgresStore } from '../../src/adapters/postgres-store/postgres-store.ts';
import { parsePostgresUrl } from '../../src/adapters/postgres-store/settings.ts';
import { findHome } from '../../src/home.ts';
import { runWorker } from '../../src/worker.ts';
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
  const open = (patienceMs = 20_000, keyFile = key, address = url) => {
    const store = createPostgresStore(parsePostgresUrl(address, env), { key: keyFile, env, patienceMs });
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
storeProcessesContract('the PostgreSQL store that restarts', machines, () => postgres.restart());
storeProcessesContract('the PostgreSQL store that is killed', machines, async () => {
  await postgres.kill();
  await postgres.start();
});

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

  it('says so when PostgreSQL stays away, without a final end, and goes on when it is back', async () => {
    const { open, dispose } = fresh();
    const store = open(300);
    await store.putCluster(recordNamed('demo'));
    await postgres.stop();
    try {
      await expect(store.getCluster('demo')).rejects.toMatchObject({ code: 'KHA4008', final: false });
      await expect(open(300).putObject({ a: 1 })).rejects.toMatchObject({
        code: 'KHA4008',
        message: expect.stringContaining('ECONNREFUSED'),
        hint: expect.stringContaining('KHA_STORE'),
      });
    } finally {
      await postgres.start();
    }
    expect(await store.getCluster('demo')).toEqual(recordNamed('demo'));
    await dispose();
  });

  it('gives up a connection on which nothing answers, and goes on with another one', async () => {
    const { url, key, env, dispose } = fresh();
    const settings = { ...parsePostgresUrl(url, env), connectTimeoutMs: 300 };
    const store = createPostgresStore(settings, { key, env, queryMs: 300 });
    await store.putCluster(recordNamed('demo'));
    const goOn = postgres.freeze();
    let ended = false;
    const writing = store.appendLog('run', command('a', 1)).finally(() => {
      ended = true;
    });
    try {
      const hasty = createPostgresStore(settings, { key, env, queryMs: 300, patienceMs: 500 });
      await expect(hasty.getCluster('demo')).rejects.toMatchObject({ code: 'KHA4008', final: false });
      expect(ended).toBe(false);
    } finally {
      goOn();
    }
    await writing;
    // What was sent and not answered may have been done: it is there once.
    expect(await store.readLog('run')).toEqual([command('a', 1)]);
    await store.close();
    await dispose();
  });

  it('takes no task with a key that does not fit', async () => {
    const { url, open, dispose } = fresh();
    await open().putSecret('demo/a', 'one');
    vi.stubEnv('PGPASSFILE', postgres.passfile);
    const other = findHome({ KHA_HOME: join(home, 'worker'), KHA_STORE: url });
    await openKeyFile(other.storeKey).load();
    const connection = { address: '127.0.0.1:1' };
    await expect(
      runWorker({ home: other, connection, namespace: 'default', log: pino({ level: 'silent' }) }),
    ).rejects.toMatchObject({ code: 'KHA4004', message: expect.stringContaining(other.storeKey) });
    vi.unstubAllEnvs();
    await dispose();
  });

  it('makes its schema once, whoever comes first', async () => {
    const { url, open, dispose } = fresh();
    const stores = Array.from({ length: 12 }, () => open());
    const ids = await Promise.all(stores.map((store, i) => store.putObject({ i })));
    expect((await open().listObjects()).sort()).toEqual(ids.sort());
    const database = new URL(url).pathname.slice(1);
    expect(postgres.sql('select version from kha.schema_versions', database)).toBe('1');
    await dispose();
  });

  it('leaves a schema alone that is newer than it', async () => {
    const { url, open, dispose } = fresh();
    await open().putObject({ a: 1 });
    postgres.sql('insert into kha.schema_versions (version) values (1000)', new URL(url).pathname.slice(1));
    await expect(open().listClusters()).rejects.toMatchObject({ code: 'KHA4010', final: true });
    await expect(open().inspect()).rejects.toMatchObject({ code: 'KHA4010' });
    await dispose();
  });

  it('works as a user who only has the schema, and tells one who has not', async () => {
    const { url, key, env, open, dispose } = fresh();
    const database = new URL(url).pathname.slice(1);
    const role = `user_${databases}`;
    postgres.createUser(role, `it's ${role}`);
    const address = postgres.url(database, role);
    await expect(open(500, key, address).putObject({ a: 1 })).rejects.toMatchObject({
      code: 'KHA4009',
      hint: expect.stringContaining('GRANT CREATE'),
    });
    await expect(open(500, key, address).inspect()).rejects.toMatchObject({ code: 'KHA4009' });
    postgres.sql(`create schema kha authorization "${role}"`, database);
    const store = open(500, key, address);
    const id = await store.putObject({ a: 1 });
    expect(await store.getObject(id)).toEqual({ a: 1 });
    const wrong = createPostgresStore(parsePostgresUrl(address), {
      key,
      env: { PGPASSWORD: 'wrong' },
      patienceMs: 500,
    });
    await expect(wrong.getObject(id)).rejects.toMatchObject({
      code: 'KHA4009',
      hint: expect.stringContaining('password'),
    });
    const none = createPostgresStore(parsePostgresUrl(address), { key, env: { HOME: home }, patienceMs: 500 });
    await expect(none.getObject(id)).rejects.toMatchObject({
      code: 'KHA4009',
      hint: expect.stringContaining('KHA_STORE_PASSWORD_FILE'),
    });
    const elsewhere = parsePostgresUrl(postgres.url('nowhere'), env);
    await expect(createPostgresStore(elsewhere, { key, env }).listClusters()).rejects.toMatchObject({
      code: 'KHA4009',
      hint: expect.stringContaining('createdb'),
    });
    await dispose();
  });

  it('wants a database that can hold every text', async () => {
    const { key, open, dispose } = fresh();
    const latin = postgres.createDatabase('latin', "template template0 encoding 'LATIN1' locale 'C'");
    await expect(open(500, key, latin).putObject({ a: 1 })).rejects.toMatchObject({
      code: 'KHA4009',
      message: expect.stringContaining('LATIN1'),
    });
    await dispose();
  });

  it('tells a damaged document, record and secret, with place and way out, and heals a document', async () => {
    const { url, open, dispose } = fresh();
    const database = new URL(url).pathname.slice(1);
    const store = open();
    const id = await store.putObject({ a: 1 });
    await store.putCluster(recordNamed('demo', id));
    await store.putSecret('one', 'x');
    await store.putSecret('two', 'y');
    postgres.sql(`update kha.objects set content = '{"a":2}'; update kha.clusters set record = '{"name":'`, database);
    await expect(store.getObject(id)).rejects.toMatchObject({ code: 'KHA4002', message: expect.stringContaining(id) });
    expect(await store.putObject({ a: 1 })).toBe(id);
    expect(await store.getObject(id)).toEqual({ a: 1 });
    await expect(store.getCluster('demo')).rejects.toMatchObject({ code: 'KHA4002' });
    await expect(store.listClusters()).rejects.toMatchObject({ code: 'KHA4002' });
    postgres.sql("update kha.secrets set sealed = (select sealed from kha.secrets where name = 'one')", database);
    expect(await store.getSecret('one')).toBe('x');
    await expect(store.getSecret('two')).rejects.toMatchObject({ code: 'KHA4002' });
    await dispose();
  });

  it('holds no secret and no key in the clear', async () => {
    const { url, key, open, dispose } = fresh();
    await open().putSecret('demo/password', 'correct horse battery staple');
    const dump = execFileSync('pg_dump', ['--inserts', url], {
      encoding: 'utf8',
      env: { ...process.env, PGPASSFILE: postgres.passfile },
    });
    expect(dump).toContain('demo%2Fpassword');
    expect(dump).not.toContain('horse');
    const [line = ''] = (await readFile(key, 'utf8')).split('\n').filter((each) => !each.startsWith('#'));
    expect(dump).not.toContain(line.split(' ')[0]);
    await dispose();
  });

  it('ends a wait when it is closed', async () => {
    const { open, dispose } = fresh();
    const store = open(60_000);
    await store.listClusters();
    await postgres.stop();
    try {
      const waiting = store.listClusters().catch((error: unknown) => error);
      await store.close();
      expect(await waiting).toMatchObject({ code: 'KHA4008' });
    } finally {
      await postgres.start();
    }
    await dispose();
  });

  it('says what it found where it is asked', async () => {
    const { url, key, open, dispose } = fresh();
    const look = async (store = open()) => (await store.inspect()).map((finding) => finding.message).join('; ');
    const place = new URL(url).pathname.slice(1);
    expect(await look()).toMatch(/answers: PostgreSQL \d+.*; it has no schema yet/);
    expect(postgres.sql("select count(*) from pg_namespace where nspname = 'kha'", place)).toBe('0');
    await open().putObject({ a: 1 });
    expect(await look()).toContain('its schema is 1, as this kha needs it; it holds no secrets yet');
    await open().putSecret('one', 'x');
    expect(await look()).toContain(`${key} opens its secret`);
    const foreign = join(home, 'foreign.key');
    await openKeyFile(foreign).load();
    await expect(open(500, foreign).inspect()).rejects.toMatchObject({ code: 'KHA4004' });
    await dispose();
  });
});

describe('TLS to PostgreSQL', () => {
  it('is used where it is offered, and verified where that is asked for', async () => {
    const { url, open, key, env, dispose } = fresh();
    const openssl = (line: string) => execFileSync('openssl', line.split(' '), { cwd: home, stdio: 'pipe' });
    const request = 'req -newkey rsa:2048 -nodes';
    for (const name of ['ca', 'other'])
      openssl(`${request} -x509 -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.crt`);
    openssl(`${request} -subj /CN=db -keyout db.key -out db.csr`);
    await writeFile(join(home, 'db.ext'), 'subjectAltName=IP:127.0.0.1\n');
    openssl('x509 -req -in db.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile db.ext -out db.crt');
    await postgres.offerTls(await readFile(join(home, 'db.crt'), 'utf8'), await readFile(join(home, 'db.key'), 'utf8'));
    const reached = async (parameters: string, host = '127.0.0.1') => {
      const store = open(500, key, `${url.replace('127.0.0.1', host)}?${parameters}`);
      const [finding] = await store.inspect();
      return finding?.message ?? '';
    };
    expect(await reached('sslmode=prefer')).toContain('TLSv1.3');
    expect(await reached('sslmode=require')).toContain('TLSv1.3');
    expect(await reached('sslmode=disable')).not.toContain('TLS');
    const ca = `sslrootcert=${home}/ca.crt`;
    expect(await reached(`sslmode=verify-full&${ca}`)).toContain('TLSv1.3');
    expect(await reached(`sslmode=verify-ca&${ca}`, 'localhost')).toContain('TLSv1.3');
    // The certificate is of the address only.
    await expect(reached(`sslmode=verify-full&${ca}`, 'localhost')).rejects.toMatchObject({
      code: 'KHA4009',
      hint: expect.stringContaining('certificate'),
    });
    for (const mode of ['verify-full', 'verify-ca', 'require'])
      await expect(reached(`sslmode=${mode}&sslrootcert=${home}/other.crt`)).rejects.toMatchObject({ code: 'KHA4009' });
    await expect(reached('sslmode=verify-full')).rejects.toMatchObject({ code: 'KHA4009' });
    await expect(reached('sslmode=verify-ca')).rejects.toMatchObject({ code: 'KHA4007' });
    await expect(reached('sslmode=verify-full&sslrootcert=/nowhere')).rejects.toMatchObject({ code: 'KHA4007' });
    const socket = parsePostgresUrl(
      `postgresql://${postgres.user}@/postgres?host=${postgres.dir}&port=${postgres.port}`,
      env,
    );
    const local = createPostgresStore({ ...socket, sslmode: 'verify-full' }, { key, env });
    expect((await local.inspect())[0]?.message).toContain(postgres.dir);
    await local.close();
    await dispose();
  });
});
