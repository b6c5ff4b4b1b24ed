import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { command, recordNamed } from './store-samples.ts';

export interface StoreUnderTest {
  store: Store;
  /** A second store over the same data, as another process would open it; absent where data dies with the process. */
  reopen?: () => Promise<Store>;
  /** Makes a new key for secrets; the older ones stay to decrypt. Absent where nothing is encrypted. */
  rotate?: () => Promise<void>;
  dispose(): Promise<void>;
}

/** What every Store must do; call it inside a test file with a factory of a fresh, empty store. */
export function storeContract(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of a store`, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      under = await create();
      store = under.store;
    });
    afterEach(() => under.dispose());

    it('returns any JSON document by its digest, and equal documents have equal digests', async () => {
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          const id = await store.putObject(value);
          expect(id).toMatch(/^[0-9a-f]{64}$/);
          expect(await store.getObject(id)).toEqual(JSON.parse(JSON.stringify(value)));
        }),
        { numRuns: 40 },
      );
      expect(await store.putObject({ a: 1, b: 2 })).toBe(await store.putObject({ b: 2, a: 1 }));
      expect(await store.putObject('{"a":1}')).not.toBe(await store.putObject({ a: 1 }));
    });

    it('lists documents and logs, and says where it is', async () => {
      expect([await store.listObjects(), await store.listLogs()]).toEqual([[], []]);
      const ids = [await store.putObject({ a: 1 }), await store.putObject([])];
      await store.appendLog('run/2', command('a/m1', 1));
      await store.appendLog('run/1', command('a/m1', 1));
      expect((await store.listObjects()).sort()).toEqual(ids.sort());
      expect(await store.listLogs()).toEqual(['run/1', 'run/2']);
      expect(store.place).not.toBe('');
    });

    it('finds nothing wrong with itself', async () => {
      const before = await store.inspect();
      expect(before.filter((finding) => finding.fix !== undefined)).toEqual([]);
      await store.putObject({ a: 1 });
      await store.putSecret('demo/a', 'x');
      const after = await store.inspect();
      expect(after.length).toBeGreaterThan(0);
      expect(after.filter((finding) => finding.fix !== undefined)).toEqual([]);
    });

    it('says KHA4001 for a document that is not there, and refuses what is no digest', async () => {
      await expect(store.getObject('0'.repeat(64))).rejects.toMatchObject({ code: 'KHA4001' });
      await expect(store.getObject('../../etc/passwd')).rejects.toMatchObject({ code: 'KHA4003' });
    });

    it('records, replaces, lists and deletes clusters', async () => {
      expect(await store.getCluster('demo')).toBeUndefined();
      expect(await store.listClusters()).toEqual([]);
      await store.putCluster(recordNamed('demo'));
      await store.putCluster(recordNamed('alpha'));
      await store.putCluster(recordNamed('demo', 'b'.repeat(64)));
      expect(await store.getCluster('demo')).toEqual(recordNamed('demo', 'b'.repeat(64)));
      expect((await store.listClusters()).map((c) => c.name)).toEqual(['alpha', 'demo']);
      await store.deleteCluster('demo');
      await store.deleteCluster('demo');
      expect(await store.getCluster('demo')).toBeUndefined();
    });

    it('keeps secrets of any name and value, and lists them by prefix', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ minLength: 1, maxLength: 20 }), fc.string(), async (secret, value) => {
          await store.putSecret(secret, value);
          expect(await store.getSecret(secret)).toBe(value);
          expect(await store.listSecrets(secret)).toContain(secret);
          await store.deleteSecret(secret);
          expect(await store.getSecret(secret)).toBeUndefined();
        }),
        { numRuns: 40 },
      );
      await store.putSecret('demo/pki/ca', 'one');
      await store.putSecret('demo/pki/sa', 'two');
      await store.putSecret('demo2/pki/ca', 'three');
      expect(await store.listSecrets('demo/')).toEqual(['demo/pki/ca', 'demo/pki/sa']);
      expect(await store.listSecrets('')).toHaveLength(3);
    });

    it('treats names with dots and slashes as names, not as paths', async () => {
      for (const secret of ['../x', '..', '.', 'a/../../b', '/etc/passwd', 'a', 'a/b', 'a.enc/b', 'a%2Fb'])
        await store.putSecret(secret, `value of ${secret}`);
      for (const secret of ['../x', '..', '.', 'a/../../b', '/etc/passwd', 'a', 'a/b', 'a.enc/b', 'a%2Fb'])
        expect(await store.getSecret(secret)).toBe(`value of ${secret}`);
      await store.putCluster(recordNamed('../demo'));
      expect((await store.listClusters()).map((c) => c.name)).toEqual(['../demo']);
      await store.appendLog('../../run', command('a/m1', 1));
      expect(await store.readLog('../../run')).toHaveLength(1);
      await expect(store.putSecret('', 'x')).rejects.toMatchObject({ code: 'KHA4003' });
    });

    it('lets the first of many creators of a secret win', async () => {
      const other = (await under.reopen?.()) ?? store;
      const values = Array.from({ length: 20 }, (_, i) => `value ${i}`);
      const results = await Promise.all(
        values.map((value, i) => (i % 2 ? store : other).createSecret('demo/pki/ca', value)),
      );
      expect(new Set(results).size).toBe(1);
      expect(values).toContain(results[0]);
      expect(await store.getSecret('demo/pki/ca')).toBe(results[0]);
      expect(await store.createSecret('demo/pki/ca', 'late')).toBe(results[0]);
    });

    it('counts the keys of secrets, and encrypts with the present key what an older one encrypted', async () => {
      for (let i = 0; i < 6; i += 1) await store.putSecret(`demo/s${i}`, `value ${i}`);
      const before = await store.secretKeys();
      expect(Object.values(before)).toEqual([6]);
      if (!under.rotate) return expect(await store.reencryptSecrets()).toBe(0);
      await under.rotate();
      expect(await store.getSecret('demo/s0')).toBe('value 0');
      await store.putSecret('demo/s0', 'new');
      expect(new Set(Object.values(await store.secretKeys()))).toEqual(new Set([1, 5]));
      expect(await store.reencryptSecrets()).toBe(5);
      expect(await store.reencryptSecrets()).toBe(0);
      const after = await store.secretKeys();
      expect(Object.values(after)).toEqual([6]);
      expect(Object.keys(after)).not.toEqual(Object.keys(before));
      const values = await Promise.all(Array.from({ length: 6 }, (_, i) => store.getSecret(`demo/s${i}`)));
      expect(values).toEqual(['new', 'value 1', 'value 2', 'value 3', 'value 4', 'value 5']);
    });

    it('never undoes what others write or delete while it encrypts again', async () => {
      const other = (await under.reopen?.()) ?? store;
      const names = Array.from({ length: 12 }, (_, i) => `demo/s${i}`);
      for (let round = 0; round < 4; round += 1) {
        for (const name of names) await store.putSecret(name, 'old');
        await under.rotate?.();
        await Promise.all([
          store.reencryptSecrets(),
          other.reencryptSecrets(),
          ...names.map((name, i) => (i % 2 ? other.putSecret(name, `round ${round}`) : other.deleteSecret(name))),
        ]);
        for (const [i, name] of names.entries())
          expect([name, await store.getSecret(name)]).toEqual([name, i % 2 ? `round ${round}` : undefined]);
      }
    });

    it('appends to logs of runs from several writers and reads them in order of time', async () => {
      const other = (await under.reopen?.()) ?? store;
      expect(await store.readLog('run/1')).toEqual([]);
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => (i % 2 ? store : other).appendLog('run/1', command(`t${i}`, 1000 - i))),
      );
      await store.appendLog('run/2', command('other', 1));
      const log = await store.readLog('run/1');
      expect(log.map((entry) => entry.task)).toEqual(Array.from({ length: 50 }, (_, i) => `t${49 - i}`));
      expect(log[0]).toEqual(command('t49', 951));
    });

    it('keeps host keys by cluster, and of many writers each adds to what the others wrote', async () => {
      const other = (await under.reopen?.()) ?? store;
      expect(await store.knownHosts('demo').read()).toBe('');
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? store : other).knownHosts('demo').change((text) => `${text}w${i} ssh-ed25519 AAAA\n`),
        ),
      );
      await store.knownHosts('../demo').change((text) => `${text}other\n`);
      const lines = (await other.knownHosts('demo').read()).split('\n').filter(Boolean);
      expect(lines.sort()).toEqual(Array.from({ length: 20 }, (_, i) => `w${i} ssh-ed25519 AAAA`).sort());
      expect(await other.knownHosts('../demo').read()).toBe('other\n');
      expect(store.knownHosts('demo').place).toContain('demo');
      expect(await store.listKnownHosts()).toEqual(['../demo', 'demo']);
      await expect(
        store.knownHosts('demo').change(() => {
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      expect(await store.knownHosts('demo').read()).toContain('w19');
    });

    it('remembers everything for the next process', async () => {
      if (!under.reopen) return expect(under.reopen).toBeUndefined();
      const id = await store.putObject({ some: 'document' });
      await store.putCluster(recordNamed('demo', id));
      await store.putSecret('demo/pki/ca', 'secret');
      await store.appendLog('run', command('a', 1));
      const next = await under.reopen();
      expect(await next.getObject(id)).toEqual({ some: 'document' });
      expect(await next.listClusters()).toEqual([recordNamed('demo', id)]);
      expect(await next.getSecret('demo/pki/ca')).toBe('secret');
      await next.appendLog('run', command('b', 2));
      expect(await next.readLog('run')).toEqual([command('a', 1), command('b', 2)]);
    });
  });
}
