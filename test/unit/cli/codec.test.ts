import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataConverter } from '../../../src/adapters/codec/data-converter.ts';
import type { CodecInput } from '../../../src/cli/commands/codec.ts';
import { run } from '../../../src/cli/handlers/codec.ts';
import { findHome, type Home } from '../../../src/home.ts';
import { fakeContext } from './fake-context.ts';

let home: Home;
let port: string;
beforeEach(async () => {
  home = findHome({ KHA_HOME: await mkdtemp(join(tmpdir(), 'kha-codec-')) });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = String((server.address() as AddressInfo).port);
  await new Promise((resolve) => server.close(resolve));
});
afterEach(() => rm(home.dir, { recursive: true }));

/** Runs the command, does `meanwhile` while it serves, and returns what it said. */
async function serving(
  options: Partial<CodecInput['options']>,
  meanwhile: () => Promise<void>,
  env: Record<string, string> = {},
): Promise<string> {
  const fake = fakeContext();
  const context = { ...fake, env, home: () => home, sleep: meanwhile };
  await run(context, { args: {}, options: { port, listen: undefined, origin: [], url: [], ...options } });
  return fake.talk.join('');
}

async function decode(origin: string): Promise<string> {
  const payload = defaultPayloadConverter.toPayload('a plan') ?? expect.fail();
  const { payloadCodecs: [codec] = [] } = await createDataConverter(home);
  const [encrypted] = (await codec?.encode([payload])) ?? [];
  const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
  const metadata = Object.entries(encrypted?.metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  const answer = await fetch(`http://127.0.0.1:${port}/decode`, {
    method: 'POST',
    headers: { origin },
    body: JSON.stringify({ payloads: [{ metadata: Object.fromEntries(metadata), data: base64(encrypted?.data) }] }),
  });
  if (!answer.ok) return String(answer.status);
  const { payloads } = (await answer.json()) as { payloads: { data: string }[] };
  return Buffer.from(payloads[0]?.data ?? '', 'base64').toString();
}

describe('kha codec', () => {
  it('decrypts for the Web UI that is named, and for no other page', async () => {
    const said = await serving({ origin: ['https://temporal.example.com/', 'http://localhost:8080'] }, async () => {
      expect(await decode('https://temporal.example.com')).toBe('"a plan"');
      expect(await decode('http://127.0.0.1:8080')).toBe('"a plan"');
      expect(await decode('http://127.0.0.1:8233')).toBe('403');
    });
    expect(said).toContain('https://temporal.example.com and http://localhost:8080');
    expect(said).toContain('Refused a page of "http://127.0.0.1:8233"');
    expect(said).not.toContain('proxy');
  });

  it('means the Web UI of the variable, else the embedded one', async () => {
    const ui = { KHA_TEMPORAL_UI: 'https://ui.example.com/namespaces' };
    await serving({}, async () => expect(await decode('https://ui.example.com')).toBe('"a plan"'), ui);
    await serving({}, async () => expect(await decode('http://127.0.0.1:8233')).toBe('"a plan"'));
  });

  it('warns where others can reach it, and refuses what is no address', async () => {
    const said = await serving({ listen: '0.0.0.0' }, async () => {
      expect(await decode('http://127.0.0.1:8233')).toBe('"a plan"');
    });
    expect(said).toContain('Whoever reaches 0.0.0.0');
    const never = async (): Promise<void> => expect.fail('it served');
    await expect(serving({ origin: ['temporal.example.com'] }, never)).rejects.toMatchObject({ code: 'KHA1001' });
    await expect(serving({ url: ['file:///x'] }, never)).rejects.toMatchObject({ code: 'KHA1001' });
    await expect(serving({ port: '0' }, never)).rejects.toMatchObject({ code: 'KHA1001' });
    await expect(serving({ listen: '192.0.2.1' }, never)).rejects.toMatchObject({ code: 'KHA6103' });
  });
});
