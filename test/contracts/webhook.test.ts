import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWebhook } from '../../src/adapters/http-webhook.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';

// What a receiver gets, and what becomes of its answers.

let server: Server;
let url: string;
let got: { headers: IncomingHttpHeaders; body: string; path: string | undefined }[];
let answer: { status: number; headers?: Record<string, string> };
beforeEach(async () => {
  got = [];
  answer = { status: 204 };
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      got.push({ headers: request.headers, body, path: request.url });
      response.writeHead(answer.status, answer.headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/of-prod`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const send = (secret?: string, to = url) =>
  createWebhook(async () => secret ?? '', systemClock)(
    { url: to, ...(secret === undefined ? {} : { secret: { secret: 'hook' } }) },
    { id: 'run-1', body: '{"type":"kha.gate.requested"}' },
    new AbortController().signal,
  );

test.each([
  ['a text', 'correct horse', Buffer.from('correct horse')],
  ['as receivers show it', `whsec_${Buffer.from('battery staple').toString('base64')}`, Buffer.from('battery staple')],
])('the receiver can tell that kha sent it, with a secret that is %s', async (_, secret, key) => {
  await send(secret);
  const [{ headers, body, path } = { headers: {}, body: '', path: '' }] = got;
  expect({ body, path }).toEqual({ body: '{"type":"kha.gate.requested"}', path: '/hook/of-prod' });
  const time = String(headers['webhook-timestamp']);
  expect(Math.abs(Date.now() / 1000 - Number(time))).toBeLessThan(30);
  expect(headers).toMatchObject({ 'webhook-id': 'run-1', 'content-type': 'application/json' });
  const signature = createHmac('sha256', key).update(`run-1.${time}.${body}`).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${signature}`);
});

test('without a secret nothing is signed', async () => {
  await send();
  expect(got[0]?.headers).not.toHaveProperty('webhook-signature');
});

test.each([
  [500, false],
  [429, false],
  [401, true],
  [410, true],
])('an answer of %i is told without the path, and final: %s', async (status, final) => {
  answer = { status };
  await expect(send('x')).rejects.toMatchObject({
    code: 'KHA3501',
    final,
    message: `${new URL(url).origin} answers with ${status}`,
  });
});

test('no other place gets it by a redirect', async () => {
  answer = { status: 307, headers: { location: '/elsewhere' } };
  await expect(send('x')).rejects.toMatchObject({ code: 'KHA3501' });
  expect(got).toHaveLength(1);
});

test('who can not be reached is tried again', async () => {
  await expect(send('x', 'http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'KHA3501', final: false });
});
