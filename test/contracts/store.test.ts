import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyFile, withNewKey } from '../../src/adapters/encryption/key-file.ts';
import { createFileStore } from '../../src/adapters/file-store/file-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { createMemoryStore } from '../fakes/memory-store.ts';
import { storeContract } from './store.contract.ts';
import { storeProcessesContract } from './store-processes.contract.ts';
import { command, recordNamed } from './store-samples.ts';

storeContract('the memory store', async () => ({ store: createMemoryStore(), dispose: async () => undefined }));

storeContract('the file store', async () => {
  const home = await mkdtemp(join(tmpdir(), 'kha-store-'));
  const key = join(home, 'keys/store.key');
  const open = () => createFileStore(join(home, 'store'), { key, knownHosts: join(home, 'known_hosts.d') });
  return {
    store: open(),
    reopen: async () => open(),
    rotate: async () => void (await openKeyFile(key).change((ring) => withNewKey(ring, new Date().toISOString()))),
    dispose: () => rm(home, { recursive: true }),
  };
});

storeProcessesContract('the file store', async () => {
  const home = await mkdtemp(join(tmpdir(), 'kha-store-'));
  return { env: [{ KHA_HOME: home }], dispose: () => rm(home, { recursive: true }) };
});

describe('the file store', () => {
  let home: string;
  let dir: string;
  let key: string;
  let store: Store;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kha-store-'));
    dir = join(home, 'store');
    key = join(home, 'keys/store.key');
    store = open();
  });
  afterEach(async () => {
    await rm(home, { recursive: true });
  });

  const open = (at = dir) => createFileStore(at, { key, knownHosts: join(home, 'known_hosts.d') });

  it('makes folders and files for its owner only', async () => {
    await store.putObject({ a: 1 });
    await store.putCluster(recordNamed('demo'));
    await store.putSecret('demo/password', 'x');
    await store.appendLog('kha/demo', command('a', 1));
    await store.knownHosts('demo').change(() => 'm1 ssh-ed25519 AAAA\n');
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
    await store.knownHosts('../escaped').change(() => 'm1 ssh-ed25519 AAAA\n');
    expect((await readdir(home)).sort()).toEqual(['keys', 'known_hosts.d', 'store']);
    expect(await readdir(join(home, 'known_hosts.d'))).toContain('%2E.%2Fescaped');
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
    const reopened = () => open();
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
    const blocked = open(join(home, 'file/store'));
    await expect(blocked.putObject({ a: 1 })).rejects.toMatchObject({ code: 'KHA4005', final: false });
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
    await open().putObject({ a: 2 });
    expect(await readdir(join(dir, 'tmp'))).toEqual(['new']);
  });
});

async function walk(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true });
  return entries.map((entry) => join(dir, entry));
}
