import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { KhaError } from '../../cluster/error.ts';

const MAX_BYTES = 16 << 20;
const MAX_TOLD = 100;

/** A payload in the JSON of Temporal's remote codec protocol: bytes are base64. */
interface JsonPayload {
  metadata?: Record<string, string>;
  data?: string;
}

export interface CodecEndpointOptions {
  codec: PayloadCodec;
  /** Of the Web UI, for example `http://127.0.0.1:8233`: pages of no other origin get an answer. */
  origins: readonly string[];
  port: number;
  /** Default: 127.0.0.1. */
  address?: string;
  /** Where browsers reach it besides, for example through a proxy. */
  urls?: readonly string[];
  /** The flag that chooses the port, for messages. */
  flag: string;
  /** Told why a request was refused, once for each reason. */
  refused?: (why: string) => void;
}

/**
 * Decrypts payloads for the Web UI in the browser, as Temporal's remote codec protocol wants it (`POST /decode`). It only
 * decodes, and only for pages of that UI. By default it listens on the loopback; whoever may connect to it there can
 * decrypt what he has of Temporal's payloads.
 *
 * @throws KhaError KHA6103 where the port is taken, or the address is none of this machine
 */
export async function startCodecEndpoint(
  options: CodecEndpointOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { codec, port, address = '127.0.0.1', urls = [] } = options;
  const origins = options.origins.flatMap(bothNames);
  const told = new Set<string>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(400).end();
      if (error instanceof KhaError) tell(error.message);
    });
  });

  function tell(why: string): void {
    // Bounded: whoever sends many names must not fill the log or the memory.
    if (told.size >= MAX_TOLD || told.has(why)) return;
    told.add(why);
    options.refused?.(why);
  }

  function refuse(response: ServerResponse, why?: string): void {
    response.writeHead(403).end();
    if (why !== undefined) tell(why);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin = '', host = '' } = request.headers;
    const listening = (server.address() as AddressInfo).port;
    const own = [...bothNames(`http://127.0.0.1:${listening}`), urlOf(address, listening), ...urls];
    // The host is checked too, or a page could reach this under a name of its own (DNS rebinding).
    if (!own.some((url) => new URL(url).host === host))
      return refuse(response, `Refused a request for the host ${quoted(host)}: no --url names it.`);
    // No page at all: a health check, or somebody who looks what this is.
    if (origin === '') return refuse(response);
    if (!origins.includes(origin))
      return refuse(
        response,
        `Refused a page of ${quoted(origin)}: it is not the Web UI (${options.origins.join(', ')}).`,
      );
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Vary', 'Origin');
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'POST');
      response.setHeader('Access-Control-Allow-Headers', 'content-type, x-namespace, authorization');
      // Browsers ask so before a page from elsewhere may speak to a private address.
      if (request.headers['access-control-request-private-network'] === 'true')
        response.setHeader('Access-Control-Allow-Private-Network', 'true');
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
    server.once('error', (cause) => reject(taken(options, address, cause)));
    server.listen(port, address, resolve);
  });
  return {
    url: urlOf(address, (server.address() as AddressInfo).port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const urlOf = (address: string, port: number): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}`;

/** People type localhost as well as 127.0.0.1. */
function bothNames(url: string): string[] {
  const others = [url.replace('//127.0.0.1', '//localhost'), url.replace('//localhost', '//127.0.0.1')];
  return [...new Set([url, ...others])];
}

const quoted = (header: string): string => JSON.stringify(header.slice(0, 200));

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

const taken = ({ port, flag }: CodecEndpointOptions, address: string, cause: unknown): KhaError => {
  const why = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE' ? 'it is taken' : String(cause);
  return new KhaError(`Nothing can listen at port ${port} of ${address}, where payloads are to be decrypted: ${why}.`, {
    code: 'KHA6103',
    blame: 'temporal',
    hint: `End the program that uses it, or choose another port with ${flag}.`,
    cause,
  });
};
