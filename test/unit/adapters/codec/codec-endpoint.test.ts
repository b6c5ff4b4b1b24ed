import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCodecEndpoint } from '../../../../src/adapters/codec/codec-endpoint.ts';
import { createPayloadCodec } from '../../../../src/adapters/codec/payload-codec.ts';
import { type KeyRing, makeKey } from '../../../../src/adapters/encryption/key-ring.ts';

const ring: KeyRing = [makeKey(new Date().toISOString())];
const codec = createPayloadCodec({ load: async () => ring });
const uiUrl = 'http://127.0.0.1:8233';
const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
const json = (p: Payload | undefined) => ({
  metadata: Object.fromEntries(Object.entries(p?.metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(p?.data),
});

let endpoint: Awaited<ReturnType<typeof startCodecEndpoint>>;
let refused: string[];
beforeEach(async () => {
  refused = [];
  endpoint = await startCodecEndpoint({
    codec,
    origins: [uiUrl],
    urls: ['https://codec.example.com'],
    port: 0,
    flag: '--port',
    refused: (why) => refused.push(why),
  });
});
afterEach(() => endpoint.close());

const post = (payloads: unknown, headers: Record<string, string> = { origin: uiUrl }, path = '/decode') =>
  fetch(`${endpoint.url}${path}`, { method: 'POST', headers, body: JSON.stringify({ payloads }) });

/** fetch sends no Host header of one's choice. */
async function statusFor(port: number, host: string): Promise<number> {
  const asked = request({ port, path: '/', headers: { host, origin: uiUrl } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

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
      for (let i = 0; i < 2; i += 1) expect((await post([], { origin })).status).toBe(403);
    expect(refused).toHaveLength(3);
    expect(refused[0]).toContain('http://evil.example');
    expect((await post([], { origin: uiUrl }, '/encode')).status).toBe(404);
  });

  it('answers under its own names only, so that no page can reach it under a name of its own', async () => {
    const port = Number(new URL(endpoint.url).port);
    for (const [host, status] of [
      [`127.0.0.1:${port}`, 404],
      [`localhost:${port}`, 404],
      ['codec.example.com', 404],
      [`evil.example:${port}`, 403],
    ] as const)
      expect([host, await statusFor(port, host)]).toEqual([host, status]);
    expect(refused.join()).toContain('evil.example');
  });

  it('lets browsers in that ask before a page speaks to a private address', async () => {
    const headers = { origin: uiUrl, 'access-control-request-private-network': 'true' };
    const answer = await fetch(`${endpoint.url}/decode`, { method: 'OPTIONS', headers });
    expect(answer.headers.get('access-control-allow-private-network')).toBe('true');
  });

  it('refuses what it can not read, without a word of why', async () => {
    const [encrypted] = (await codec.encode([defaultPayloadConverter.toPayload('x') ?? expect.fail()])).map(json);
    const answer = await post([{ ...encrypted, data: `AAAA${encrypted?.data.slice(4)}` }]);
    expect([answer.status, await answer.text()]).toEqual([400, '']);
    expect(refused).toEqual(['A payload in Temporal is damaged.']);
  });

  it('names a port that is taken', async () => {
    const port = Number(new URL(endpoint.url).port);
    await expect(startCodecEndpoint({ codec, origins: [uiUrl], port, flag: '--some-port' })).rejects.toMatchObject({
      code: 'KHA6103',
      message: expect.stringContaining(String(port)),
      hint: expect.stringContaining('--some-port'),
    });
  });
});
