import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { KhaError } from '../../cluster/error.ts';

const MAX_BYTES = 16 << 20;

/** A payload in the JSON of Temporal's remote codec protocol: bytes are base64. */
interface JsonPayload {
  metadata?: Record<string, string>;
  data?: string;
}

export interface CodecEndpointOptions {
  codec: PayloadCodec;
  /** Base URL of the Web UI, for example `http://127.0.0.1:8233`: pages of no other origin get an answer. */
  uiUrl: string;
  /** Port on 127.0.0.1. */
  port: number;
}

/**
 * Decrypts payloads for the Web UI in the browser, as Temporal's remote codec protocol wants it (`POST /decode`). It only
 * decodes, only on the loopback, and only for pages of that UI. Whoever may connect to this machine's loopback can read
 * the embedded Temporal anyway.
 *
 * @throws KhaError KHA6103 where the port is taken
 */
export async function startCodecEndpoint(
  options: CodecEndpointOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { codec, port } = options;
  const origins = bothNames(options.uiUrl);
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(400).end());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin = '', host = '' } = request.headers;
    const own = bothNames(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    // The host is checked too, or a page could reach this under a name of its own (DNS rebinding).
    if (!origins.includes(origin) || !own.includes(`http://${host}`)) return void response.writeHead(403).end();
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Vary', 'Origin');
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'POST');
      response.setHeader('Access-Control-Allow-Headers', 'content-type, x-namespace, authorization');
      return void response.writeHead(204).end();
    }
    // The Web UI puts options of its own behind a question mark.
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method !== 'POST' || !pathname.endsWith('/decode')) return void response.writeHead(404).end();
    const { payloads = [] } = JSON.parse(await body(request)) as { payloads?: JsonPayload[] };
    const decoded = await codec.decode(payloads.map(fromJson));
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ payloads: decoded.map(toJson) }));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(taken(port, cause)));
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** People type localhost as well as 127.0.0.1. */
const bothNames = (url: string): string[] => [url, url.replace('//127.0.0.1', '//localhost')];

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('too much');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const fromJson = ({ metadata = {}, data = '' }: JsonPayload): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
  data: Buffer.from(data, 'base64'),
});

const toJson = ({ metadata, data }: Payload): JsonPayload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});

const taken = (port: number, cause: unknown): KhaError =>
  new KhaError(`Port ${port} of 127.0.0.1, where the Web UI has its payloads decoded, is taken.`, {
    code: 'KHA6103',
    blame: 'temporal',
    hint: 'End the program that uses it, or give the Web UI another port with --ui-port.',
    cause,
  });
