import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataConverter } from '../../../../src/adapters/codec/data-converter.ts';
import { openKeyFile, withNewKey } from '../../../../src/adapters/encryption/key-file.ts';
import { findHome } from '../../../../src/home.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kha-codec-'));
});
afterEach(() => rm(dir, { recursive: true }));

const home = () => findHome({ KHA_HOME: dir });
const codec = async (): Promise<PayloadCodec> =>
  (await createDataConverter(home())).payloadCodecs?.[0] ?? expect.fail();
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value) ?? expect.fail();
const meta = (p: Payload | undefined, field: string) => Buffer.from(p?.metadata?.[field] ?? []).toString();

describe('the payload codec', () => {
  it('hides any value and brings it back', async () => {
    const own = await codec();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
        const encrypted = await own.encode(values.map(payload));
        for (const p of encrypted) expect(meta(p, 'encoding')).toBe('binary/encrypted');
        const plain = await own.decode(encrypted);
        expect(plain.map((p) => defaultPayloadConverter.fromPayload(p))).toEqual(
          values.map((value) => JSON.parse(JSON.stringify(value))),
        );
      }),
    );
    const [secret] = await own.encode([payload('correct horse battery staple')]);
    expect(Buffer.from(secret?.data ?? []).includes('horse')).toBe(false);
    expect(meta(secret, 'encryption-cipher')).toBe('AES-256-GCM');
  });

  it('never encrypts the same value to the same bytes', async () => {
    const own = await codec();
    const [a, b] = await own.encode([payload(1), payload(1)]);
    expect(a?.data).not.toEqual(b?.data);
  });

  it('makes the key once, for the owner only, also when several begin together', async () => {
    const [first, ...others] = await Promise.all([codec(), codec(), codec(), codec()]);
    const encrypted = (await first?.encode([payload('x')])) ?? [];
    for (const other of others) expect(await other.decode(encrypted)).toHaveLength(1);
    expect((await stat(home().codecKey)).mode & 0o777).toBe(0o600);
  });

  it('follows a rotation while it runs: writes with the new key, reads with both', async () => {
    const running = await codec();
    const old = await running.encode([payload('old')]);
    await openKeyFile(home().codecKey).change((ring) => withNewKey(ring, '2026-01-01T00:00:00Z'));
    const fresh = await running.encode([payload('new')]);
    expect(meta(fresh[0], 'encryption-key-id')).not.toBe(meta(old[0], 'encryption-key-id'));
    for (const each of [running, await codec()]) {
      const both = await each.decode([...old, ...fresh]);
      expect(both.map((p) => defaultPayloadConverter.fromPayload(p))).toEqual(['old', 'new']);
    }
  });

  it('names the key that is missing, and what to copy', async () => {
    const old = await (await codec()).encode([payload('old')]);
    await rm(home().codecKey);
    const [key] = await openKeyFile(home().codecKey).load();
    await expect((await codec()).decode(old)).rejects.toMatchObject({
      code: 'KHA4006',
      message: expect.stringContaining(meta(old[0], 'encryption-key-id')),
      hint: expect.stringMatching(new RegExp(`${key.id}.*keys/codec\\.key`)),
    });
  });

  it('lets plain payloads pass and rejects damaged ones', async () => {
    const own = await codec();
    expect(await own.decode([payload('plain')])).toEqual([payload('plain')]);
    const [p] = await own.encode([payload('x')]);
    const data = Uint8Array.from(p?.data ?? []);
    data[20] = (data[20] ?? 0) ^ 1;
    await expect(own.decode([{ ...p, data }])).rejects.toMatchObject({
      code: 'KHA4006',
      message: expect.stringContaining('damaged'),
    });
  });
});
