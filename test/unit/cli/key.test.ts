import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyFile, withNewKey } from '../../../src/adapters/encryption/key-file.ts';
import { createFileStore } from '../../../src/adapters/file-store/file-store.ts';
import { forget, list, rotate } from '../../../src/cli/handlers/key.ts';
import { findHome, type Home } from '../../../src/home.ts';
import type { Store } from '../../../src/ports/store.ts';
import { type FakeContext, fakeContext } from './fake-context.ts';

let dir: string;
let home: Home;
let store: Store;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kha-key-'));
  home = findHome({ KHA_HOME: dir });
  store = createFileStore(home.store, { key: home.storeKey, knownHosts: home.knownHosts });
});
afterEach(() => rm(dir, { recursive: true }));

const context = (answer?: boolean): FakeContext => ({
  ...fakeContext({ store, now: Date.parse('2026-03-01T00:00:00Z'), ...(answer === undefined ? {} : { answer }) }),
  home: () => home,
});

interface Item {
  metadata: { name: string };
  purpose: string;
  use: string;
  secrets?: number;
}

async function keys(): Promise<{ id: string; purpose: string; use: string; secrets: number | undefined }[]> {
  const asked = context();
  await list(asked, { args: {}, options: { output: 'json', noHeaders: false } });
  const { items } = JSON.parse(asked.out.join('\n')) as { items: Item[] };
  return items.map(({ metadata, purpose, use, secrets }) => ({ id: metadata.name, purpose, use, secrets }));
}

async function run(purpose?: string, prepare = false): Promise<string> {
  const asked = context();
  await rotate(asked, { args: { purpose }, options: { prepare } });
  return asked.talk.join('\n');
}

describe('kha key', () => {
  it('rotates both keys, encrypts secrets again, and keeps the older ones for reading', async () => {
    await store.putSecret('demo/a', 'one');
    await store.putSecret('demo/b', 'two');
    expect(await keys()).toEqual([{ id: expect.any(String), purpose: 'store', use: 'encrypts', secrets: 2 }]);
    const [old] = await keys();
    expect(await run()).toContain('2 secrets are encrypted again');
    expect((await keys()).map(({ purpose, use, secrets }) => [purpose, use, secrets])).toEqual([
      ['codec', 'encrypts', undefined],
      ['codec', 'decrypts', undefined],
      ['store', 'encrypts', 2],
      ['store', 'decrypts', 0],
    ]);
    expect((await keys())[3]?.id).toBe(old?.id);
    expect([await store.getSecret('demo/a'), await store.getSecret('demo/b')]).toEqual(['one', 'two']);
  });

  it('finishes a rotation that was killed before it starts another one', async () => {
    await store.putSecret('demo/a', 'one');
    await openKeyFile(home.storeKey).change((ring) => withNewKey(ring, '2026-01-01T00:00:00Z'));
    const before = (await keys()).map((key) => key.id);
    expect(await run('store')).toContain('a rotation was not finished; 1 secret is');
    expect((await keys()).map((key) => key.id)).toEqual(before);
    expect((await keys()).map((key) => key.secrets)).toEqual([1, 0]);
    await run('store');
    expect(await keys()).toHaveLength(3);
  });

  it('prepares a key that machines copy, and that all of them rotate to', async () => {
    await store.putSecret('demo/a', 'one');
    await openKeyFile(home.codecKey).load();
    expect(await run(undefined, true)).toContain(home.codecKey);
    const prepared = await keys();
    await run(undefined, true);
    expect(await keys()).toEqual(prepared);
    expect(prepared.map((key) => key.use)).toEqual(['encrypts', 'next', 'encrypts', 'next']);
    // Another machine with these files was faster, and has encrypted the store's secrets with the next key already.
    const key = join(dir, 'elsewhere/store.key');
    await mkdir(join(dir, 'elsewhere'));
    await copyFile(home.storeKey, key);
    await openKeyFile(key).change((ring) => withNewKey(ring, '2026-02-01T00:00:00Z'));
    expect(await createFileStore(home.store, { key, knownHosts: home.knownHosts }).reencryptSecrets()).toBe(1);
    expect(await store.getSecret('demo/a')).toBe('one');
    await run();
    expect((await keys()).map((key) => [key.id, key.use])).toEqual([
      [prepared[1]?.id, 'encrypts'],
      [prepared[0]?.id, 'decrypts'],
      [prepared[3]?.id, 'encrypts'],
      [prepared[2]?.id, 'decrypts'],
    ]);
  });

  it('forgets a key only when nothing here needs it, and asks', async () => {
    await store.putSecret('demo/a', 'one');
    await run();
    await openKeyFile(home.storeKey).change((ring) => withNewKey(ring, '2026-01-01T00:00:00Z'));
    const [, , encrypting, holding, empty] = await keys();
    const say = (id: string | undefined, asked = context()): Promise<void> =>
      forget(asked, { args: { id: id ?? '' }, options: { yes: false } });
    await expect(say(encrypting?.id)).rejects.toMatchObject({
      code: 'KHA4020',
      hint: expect.stringContaining('rotate'),
    });
    expect(holding?.secrets).toBe(1);
    await expect(say(holding?.id)).rejects.toMatchObject({ code: 'KHA4020', message: expect.stringContaining('1 of') });
    await expect(say('0000000000000000')).rejects.toMatchObject({ code: 'KHA1002' });
    await expect(say(empty?.id)).rejects.toMatchObject({ code: 'KHA1003' });
    await expect(say(empty?.id, context(false))).rejects.toMatchObject({ code: 'KHA1009' });
    await say(empty?.id, context(true));
    expect((await keys()).map((key) => key.id)).not.toContain(empty?.id);
    expect(await store.getSecret('demo/a')).toBe('one');
  });

  it('shows a key that secrets need and this machine does not have', async () => {
    await store.putSecret('demo/a', 'one');
    const [lost] = await keys();
    await rm(home.storeKey);
    await openKeyFile(home.storeKey).load();
    expect((await keys()).map(({ id, use, secrets }) => [id, use, secrets])).toEqual([
      [expect.any(String), 'encrypts', 0],
      [lost?.id, 'missing', 1],
    ]);
    await expect(run('store')).rejects.toMatchObject({
      code: 'KHA4004',
      message: expect.stringContaining(lost?.id ?? ''),
    });
  });
});
