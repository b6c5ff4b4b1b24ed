import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyFile, withNewKey } from '../../src/adapters/encryption/key-file.ts';
import { createFileStore } from '../../src/adapters/file-store/file-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { createMemoryStore } from '../fakes/memory-store.ts';
import { storeContract } from './store.contract.ts';
import { command, recordNamed } from './store-samples.ts';

storeContract('the memory store', async () => ({ store: createMemoryStore(), dispose: async () => undefined }));

storeContract('the file store', async () => {
  const home = await mkdtemp(join(tmpdir(), 'kha-store-'));
  const key = join(home, 'keys/store.key');
  const open = () => createFileStore(join(home, 'store'), { key });
  return {
    store: open(),
    reopen: async () => open(),
    rotate: async () => void (await openKeyFile(key).change((ring) => withNewKey(ring, new Date().toISOString()))),
    dispose: () => rm(home, { recursive: true }),
  };
});

describe('the file store', () => {
  let home: string;
  let dir: string;
  let key: string;
  let store: Store;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kha-store-'));
    dir = join(home, 'store');
    key = join(home, 'keys/store.key');
    store = createFileStore(dir, { key });
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map(kill));
    await rm(home, { recursive: true });
  });

  function start(mode: string, me: string): ChildProcess {
    const writer = join(import.meta.dirname, 'processes/store-writer.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', writer, dir, key, mode, me], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  }

  it('makes folders and files for its owner only', async () => {
    await store.putObject({ a: 1 });
    await store.putCluster(recordNamed('demo'));
    await store.putSecret('demo/password', 'x');
    await store.appendLog('kha/demo', command('a', 1));
    const modes = await Promise.all(
      (await walk(home)).map(async (path) => {
        const s = await stat(path);
        return (s.mode & 0o777) === (s.isDirectory() ? 0o700 : 0o600) ? [] : [path];
      }),
    );
    expect(modes.flat()).toEqual([]);
    const paths = (await walk(dir)).map((path) => path.slice(dir.length + 1));
    expect(paths).toContain('clusters/demo.json');
    expect(paths).toContain('secrets/demo%2Fpassword.enc');
  });

  it('holds no secret in clear text', async () => {
    await store.putSecret('demo/password', 'correct horse battery staple');
    for (const path of await walk(home))
      if ((await stat(path)).isFile()) expect(await readFile(path, 'latin1')).not.toContain('horse');
  });

  it('never lets a name out of its folder', async () => {
    await store.putSecret('../../../escaped', 'x');
    await store.putCluster(recordNamed('../../escaped'));
    await store.appendLog('../../escaped', command('a', 1));
    expect((await readdir(home)).sort()).toEqual(['keys', 'store']);
    await expect(store.putSecret('x'.repeat(300), 'v')).rejects.toMatchObject({ code: 'KHA4003' });
  });

  it('tells a damaged document, record, secret and log, with path and way out', async () => {
    const id = await store.putObject({ a: 1 });
    const object = join(dir, 'objects', id.slice(0, 2), `${id}.json`);
    await writeFile(object, '{"a":2}');
    await expect(store.getObject(id)).rejects.toMatchObject({
      code: 'KHA4002',
      message: expect.stringContaining(object),
      hint: expect.stringContaining('backup'),
    });
    await store.putObject({ a: 1 });
    expect(await store.getObject(id)).toEqual({ a: 1 });

    await store.putCluster(recordNamed('demo'));
    await writeFile(join(dir, 'clusters/demo.json'), '{"name":');
    await expect(store.getCluster('demo')).rejects.toMatchObject({ code: 'KHA4002' });
    await expect(store.listClusters()).rejects.toMatchObject({ code: 'KHA4002' });

    await store.putSecret('one', 'x');
    await store.putSecret('two', 'y');
    await rename(join(dir, 'secrets/one.enc'), join(dir, 'secrets/two.enc'));
    await expect(store.getSecret('two')).rejects.toMatchObject({ code: 'KHA4002' });
    await writeFile(join(dir, 'secrets/two.enc'), 'nonsense');
    await expect(store.getSecret('two')).rejects.toMatchObject({ code: 'KHA4002' });

    await store.appendLog('run', command('a', 1));
    const [log = ''] = await readdir(join(dir, 'logs/run'));
    await writeFile(join(dir, 'logs/run', log), 'nonsense\n');
    await expect(store.readLog('run')).rejects.toMatchObject({ code: 'KHA4002' });
  });

  it('refuses another key, a damaged key and one that everybody can read', async () => {
    await store.putSecret('one', 'x');
    const reopened = () => createFileStore(dir, { key });
    await chmod(key, 0o644);
    await expect(reopened().getSecret('one')).rejects.toMatchObject({ code: 'KHA4004', hint: `Run: chmod 600 ${key}` });
    await chmod(key, 0o600);
    expect(await reopened().getSecret('one')).toBe('x');
    await writeFile(key, 'short');
    await expect(reopened().getSecret('one')).rejects.toMatchObject({ code: 'KHA4004' });
    await rm(key);
    await expect(reopened().getSecret('one')).rejects.toMatchObject({
      code: 'KHA4004',
      message: expect.stringContaining('which this machine does not have'),
    });
  });

  it('says how to go on where it can not write', async () => {
    await writeFile(join(home, 'file'), '');
    const blocked = createFileStore(join(home, 'file/store'), { key });
    await expect(blocked.putObject({ a: 1 })).rejects.toMatchObject({ code: 'KHA4005', final: false });
  });

  it('lets the first of several processes create key and secret', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const said = await Promise.all(
      names.map(async (me) => {
        const child = start('create', me);
        const lines = linesOf(child);
        await once(child, 'exit');
        return (await lines).join();
      }),
    );
    expect(new Set(said).size).toBe(1);
    expect(names.map((me) => `made by ${me}`)).toContain(said[0]);
    expect(await store.getSecret('demo/pki/ca')).toBe(said[0]);
  });

  it('is whole after writers were killed in the middle of their writes', async () => {
    const killed = await Promise.all(
      ['a', 'b', 'c'].map(async (me, i) => {
        const child = start('write', me);
        let rounds = 0;
        for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
          rounds = Number(line);
          if (rounds === 5 + 3 * i) child.kill('SIGKILL');
        }
        return { me, rounds };
      }),
    );
    const next = createFileStore(dir, { key });
    const record = await next.getCluster('shared');
    expect(await next.getObject<{ padding: string }>(record?.cluster ?? '')).toMatchObject({
      padding: 'x'.repeat(200_000),
    });
    expect(await next.getSecret('shared')).toMatch(/^[abc] \d+ y{50000} end$/);
    const tasks = new Set((await next.readLog('run')).map((entry) => entry.task));
    for (const { me, rounds } of killed)
      for (let round = 1; round <= rounds; round++) expect(tasks).toContain(`${me}-${round}`);
    for (const path of await walk(join(dir, 'objects'))) {
      const digest = /([0-9a-f]{64})\.json$/.exec(path)?.[1];
      if (digest) expect(await next.getObject(digest)).toMatchObject({ padding: 'x'.repeat(200_000) });
    }
    await next.appendLog('run', command('after', 0));
    expect((await next.readLog('run'))[0]?.task).toBe('after');
  });

  it('reads a log whose writer was killed within a line', async () => {
    await store.appendLog('run', command('a', 1));
    await writeFile(join(dir, 'logs/run/other.jsonl'), `${JSON.stringify(command('b', 2))}\n{"task":"to`);
    expect((await store.readLog('run')).map((entry) => entry.task)).toEqual(['a', 'b']);
  });

  it('clears the temporary files of writers that were killed long ago', async () => {
    await store.putObject({ a: 1 });
    await writeFile(join(dir, 'tmp/old'), '');
    await writeFile(join(dir, 'tmp/new'), '');
    await utimes(join(dir, 'tmp/old'), 1, 1);
    await createFileStore(dir, { key }).putObject({ a: 2 });
    expect(await readdir(join(dir, 'tmp'))).toEqual(['new']);
  });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function linesOf(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) lines.push(line);
  return lines;
}

async function walk(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true });
  return entries.map((entry) => join(dir, entry));
}
