import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyFile, withNewKey, withNextKey, withoutKey } from '../../../../src/adapters/encryption/key-file.ts';
import { formatKeyRing, keyOf, parseKeyRing } from '../../../../src/adapters/encryption/key-ring.ts';
import { keyId } from '../../../../src/adapters/encryption/seal.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kha-keys-'));
  path = join(dir, 'keys/codec.key');
});
afterEach(() => rm(dir, { recursive: true }));

const now = '2026-01-01T00:00:00.000Z';

describe('a key file', () => {
  it('is made once by many that begin together, for the owner only', async () => {
    const rings = await Promise.all(Array.from({ length: 8 }, () => openKeyFile(path).load()));
    expect(new Set(rings.map(([key]) => key.id)).size).toBe(1);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(parseKeyRing(await readFile(path, 'utf8'))).toEqual(rings[0]);
  });

  it('may be one bare key', async () => {
    const bytes = randomBytes(32);
    expect(parseKeyRing(bytes.toString('base64'))).toEqual([keyOf(bytes)]);
    expect(keyOf(bytes)).toMatchObject({ id: keyId(bytes), next: false });
  });

  it('keeps every key through many rotations at once', async () => {
    const [first] = await openKeyFile(path).load();
    const made = await Promise.all(
      Array.from({ length: 10 }, () => openKeyFile(path).change((ring) => withNewKey(ring, now))),
    );
    const ring = await openKeyFile(path).load();
    expect(ring).toHaveLength(11);
    expect(new Set(ring.map((key) => key.id))).toEqual(new Set([first.id, ...made.map(([key]) => key.id)]));
    expect(ring.at(-1)?.id).toBe(first.id);
  });

  it('makes a key that waits before one that encrypts, and takes it at the next rotation', async () => {
    const file = openKeyFile(path);
    const [old] = await file.load();
    const waiting = await file.change((ring) => withNextKey(ring, now));
    expect(await file.change((ring) => withNextKey(ring, now))).toEqual(waiting);
    expect(waiting.map((key) => key.next)).toEqual([false, true]);
    expect(waiting[0].id).toBe(old.id);
    // Both machines that have the file rotate to the same key.
    const [mine, other] = [withNewKey(waiting, now), withNewKey(waiting, '2027-01-01T00:00:00Z')];
    expect(mine).toEqual(other);
    expect(mine.map((key) => [key.id, key.next])).toEqual([
      [waiting[1]?.id, false],
      [old.id, false],
    ]);
    expect(parseKeyRing(formatKeyRing(mine))).toEqual(mine);
    expect(withoutKey(mine, old)).toEqual([mine[0]]);
    expect(withoutKey(mine, mine[0])).toEqual(mine);
  });

  it('is seen by who holds it open, also where its change was not noticed', async () => {
    const holder = openKeyFile(path);
    const before = await holder.load();
    const after = await openKeyFile(path).change((ring) => withNewKey(ring, now));
    expect(await holder.load()).toEqual(after);
    expect(await holder.load({ with: before[0].id })).toEqual(after);
    expect(await holder.load({ with: 'nobody has it' })).toEqual(after);
  });

  it('is refused where it is damaged or everybody can read it', async () => {
    const file = openKeyFile(path);
    expect(await file.peek()).toBeUndefined();
    await file.load();
    await chmod(path, 0o644);
    await expect(file.load()).rejects.toMatchObject({ code: 'KHA4004', hint: expect.stringContaining('chmod 600') });
    await chmod(path, 0o600);
    for (const text of ['', '# nothing\n', 'AAAA\n', `${randomBytes(32).toString('base64')}\nhalf a lin`]) {
      await writeFile(path, text);
      await expect(openKeyFile(path).load()).rejects.toMatchObject({ code: 'KHA4004' });
      await expect(openKeyFile(path).change((ring) => ring)).rejects.toMatchObject({ code: 'KHA4004' });
      expect(await readFile(path, 'utf8')).toBe(text);
    }
  });
});
