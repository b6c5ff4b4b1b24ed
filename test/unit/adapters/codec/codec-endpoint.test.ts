import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCodecEndpoint } from '../../../../src/adapters/codec/codec-endpoint.ts';
import { createPayloadCodec } from '../../../../src/adapters/codec/payload-codec.ts';

const codec = createPayloadCodec(randomBytes(32));
const uiUrl = 'http://127.0.0.1:8233';
const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
const json = (p: Payload | undefined) => ({
  metadata: Object.fromEntries(Object.entries(p?.metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(p?.data),
});

let endpoint: Awaited<ReturnType<typeof startCodecEndpoint>>;
beforeEach(async () => {
  endpoint = await startCodecEndpoint({ codec, uiUrl, port: 0 });
});
afterEach(() => endpoint.close());

const post = (payloads: unknown, headers: Record<string, string> = { origin: uiUrl }, path = '/decode') =>
  fetch(`${endpoint.url}${path}`, { method: 'POST', headers, body: JSON.stringify({ payloads }) });

describe('the codec endpoint', () => {
  it('decodes for the Web UI under both of its names', async () => {
    const plain = ['first', { second: 2 }].map((value) => defaultPayloadConverter.toPayload(value) ?? expect.fail());
    const encrypted = (await codec.encode(plain)).map(json);
    for (const origin of [uiUrl, 'http://localhost:8233']) {
      const answer = await post(encrypted, { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(await answer.json()).toEqual({ payloads: plain.map(json) });
      // The Web UI puts options of its own into the query.
      expect((await post(encrypted, { origin }, '/decode?preserveStorageRefs=true')).status).toBe(200);
    }
    const preflight = await fetch(`${endpoint.url}/decode`, { method: 'OPTIONS', headers: { origin: uiUrl } });
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'POST']);
  });

  it('answers no page of another origin, and never encodes', async () => {
    for (const origin of ['http://evil.example', 'http://127.0.0.1:9999', 'null', ''])
      expect((await post([], { origin })).status).toBe(403);
    expect((await post([], { origin: uiUrl }, '/encode')).status).toBe(404);
  });

  it('refuses what it can not read, without a word of why', async () => {
    const [encrypted] = (await codec.encode([defaultPayloadConverter.toPayload('x') ?? expect.fail()])).map(json);
    const answer = await post([{ ...encrypted, data: `AAAA${encrypted?.data.slice(4)}` }]);
    expect([answer.status, await answer.text()]).toEqual([400, '']);
  });

  it('names a port that is taken', async () => {
    const port = Number(new URL(endpoint.url).port);
    await expect(startCodecEndpoint({ codec, uiUrl, port })).rejects.toMatchObject({
      code: 'KHA6103',
      message: expect.stringContaining(String(port)),
    });
  });
});
