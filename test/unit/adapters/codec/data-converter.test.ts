import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataConverter } from '../../../../src/adapters/codec/data-converter.ts';
import { findHome } from '../../../../src/cli/home.ts';

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
    expect((await readFile(home().codecKey, 'utf8')).trim()).toHaveLength(44);
  });

  it('reads what an older key wrote, and writes with the new one', async () => {
    const old = await (await codec()).encode([payload('old')]);
    await rename(home().codecKey, join(dir, 'keys/codec-2025.key'));
    const now = await codec();
    const fresh = await now.encode([payload('new')]);
    expect(meta(fresh[0], 'encryption-key-id')).not.toBe(meta(old[0], 'encryption-key-id'));
    const both = await now.decode([...old, ...fresh]);
    expect(both.map((p) => defaultPayloadConverter.fromPayload(p))).toEqual(['old', 'new']);
    await rm(join(dir, 'keys/codec-2025.key'));
    await expect((await codec()).decode(old)).rejects.toMatchObject({
      code: 'KHA4006',
      message: expect.stringContaining(meta(old[0], 'encryption-key-id')),
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
