import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What looks like an API server to a proxy: TLS, /readyz, and an answer that tells who it is. */
export interface ApiServer {
  name: string;
  address: string;
  /** `unready` answers 500 on /readyz and serves else; `dead` refuses connections and ends those that it has. */
  be: (state: 'ready' | 'unready' | 'dead') => Promise<void>;
}

/** Any key will do: proxies do not look, and clients here neither. */
function certificate(): { key: string; cert: string } {
  const dir = mkdtempSync(join(tmpdir(), 'kha-api-server-'));
  const [key, cert] = [join(dir, 'key'), join(dir, 'cert')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-subj', '/CN=test', '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  });
  const both = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(dir, { recursive: true });
  return both;
}

const identity = (
  (made?: { key: string; cert: string }) => () =>
    (made ??= certificate())
)();

export async function startApiServer(name: string, address: string): Promise<ApiServer> {
  let isReady = true;
  const sockets = new Set<Socket>();
  const server = createServer(identity(), (question, answer) => {
    answer.statusCode = question.url === '/readyz' && !isReady ? 500 : 200;
    answer.end(name);
  }).on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.keepAliveTimeout = 60_000;
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject).listen({ host: address, port: 6443 }, resolve);
    });
  const end = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await listen();
  return {
    name,
    address: (server.address() as AddressInfo).address,
    be: async (state) => {
      isReady = state === 'ready';
      if (state === 'dead' && server.listening) await end();
      if (state !== 'dead' && !server.listening) await listen();
    },
  };
}

/** Name of the API server that answers through a proxy; a connection of its own unless there is an agent. */
export function ask(port: number, agent?: Agent, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host, port, path: '/', rejectUnauthorized: false, agent: agent ?? false, timeout: 5000 },
      (answer) => {
        let text = '';
        answer
          .setEncoding('utf8')
          .on('data', (part: string) => (text += part))
          .on('end', () => resolve(text))
          .on('error', reject);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer within 5 s')));
    asked.on('error', reject);
    asked.end();
  });
}

/** Who answers, with so many connections of their own one after another: names, each once, sorted. */
export async function askOften(port: number, times = 12): Promise<string[]> {
  const names = new Set<string>();
  for (let i = 0; i < times; i++) names.add(await ask(port));
  return [...names].sort();
}

/** One connection that stays. */
export const keptConnection = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });
