import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect as connectPlain, createServer as createPlainServer, type Socket } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTemporal, findTemporal } from '../../../src/adapters/temporal-client.ts';
import { type DevServer, startDevServer } from '../../../src/adapters/temporal-dev-server/dev-server.ts';
import { connectOperations } from '../../../src/adapters/temporal-operations.ts';
import { run as workerCommand } from '../../../src/cli/handlers/worker.ts';
import { findHome, type Home } from '../../../src/home.ts';
import { runWorker } from '../../../src/worker.ts';
import { freePort } from '../../contracts/free-port.ts';
import { until } from '../../contracts/sshd.ts';
import { fakeContext } from '../cli/fake-context.ts';

let dir: string;
let home: Home;
let temporal: DevServer;
let address: string;
const closers: (() => Promise<unknown>)[] = [];

/** Certificates as a team makes them. */
async function certificates(name: string): Promise<string> {
  const folder = join(dir, name);
  await mkdir(folder);
  execFileSync('sh', [join(import.meta.dirname, '../../../config/team/certificates.sh')], {
    cwd: folder,
    stdio: 'pipe',
  });
  return join(folder, 'team/tls');
}

/** What speaks TLS in front of a server that does not; returns its port. */
async function listen(server: Server | ReturnType<typeof createPlainServer>): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const mutualTls = (folder: string, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Server => {
  const read = (file: string) => readFileSync(join(folder, 'server', file));
  const server = createServer(
    {
      cert: read('server.crt'),
      key: read('server.key'),
      ca: read('ca.crt'),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
      maxVersion,
    },
    (socket) => {
      const behind = connectPlain(Number(temporal.address.split(':')[1]), '127.0.0.1');
      socket.pipe(behind).pipe(socket);
      const end = () => void [socket.destroy(), behind.destroy()];
      for (const each of [socket, behind]) each.on('error', end).on('close', end);
    },
  );
  return server.on('tlsClientError', () => undefined);
};

const env = (more: Record<string, string | undefined>) => ({
  HOME: dir,
  TEMPORAL_CONFIG_FILE: join(dir, 'none.toml'),
  ...more,
});

const settings = (folder: string, more: Record<string, string | undefined> = {}) =>
  env({
    TEMPORAL_ADDRESS: address,
    TEMPORAL_TLS: 'true',
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(folder, 'client/ca.crt'),
    TEMPORAL_TLS_CLIENT_CERT_PATH: join(folder, 'client/client.crt'),
    TEMPORAL_TLS_CLIENT_KEY_PATH: join(folder, 'client/client.key'),
    ...more,
  });

let team: string;
let strangers: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kha-tls-'));
  home = findHome({ ...process.env, KHA_HOME: join(dir, 'home') });
  [team, strangers] = [await certificates('team'), await certificates('strangers')];
  const [port, uiPort] = [await freePort(), await freePort()];
  temporal = await startDevServer({ home, port, uiPort, log: () => undefined });
  address = `127.0.0.1:${await listen(mutualTls(team))}`;
});
afterAll(async () => {
  for (const close of closers) await close();
  await temporal.stop();
  await rm(dir, { recursive: true });
});

describe('a Temporal with mutual TLS', () => {
  it('is reached by commands and workers, with variables', async () => {
    const operations = await connectOperations(home, settings(team));
    expect(operations.place.address).toBe(address);
    expect(await operations.list({ limit: 10 })).toEqual([]);

    const { nativeOptions, namespace } = await findTemporal(home, settings(team));
    const log = pino({ level: 'silent' });
    const worker = await runWorker({ home, connection: nativeOptions, namespace, log });
    await until('the worker polls', async () => (await operations.workers()).length > 0, 20_000);
    const context = fakeContext({ operations, now: Date.now() });
    await workerCommand(context, { args: {}, options: { check: true } });
    expect(context.talk.join()).toContain(`@${hostname()} asked for work`);
    const later = fakeContext({ operations, now: Date.now() + 600_000 });
    const late = workerCommand(later, { args: {}, options: { check: true } });
    await expect(late).rejects.toMatchObject({ code: 'KHA6010', blame: 'temporal' });
    worker.shutdown();
    await worker.done;
    await operations.close();
  }, 60_000);

  it('is reached with a profile', async () => {
    const file = join(dir, 'temporal.toml');
    await writeFile(
      file,
      `[profile.team]
address = "${address}"
[profile.team.tls]
server_ca_cert_path = "${join(team, 'client/ca.crt')}"
client_cert_path = "${join(team, 'client/client.crt')}"
client_key_path = "${join(team, 'client/client.key')}"
server_name = "temporal"
`,
    );
    const connected = await connectTemporal(home, env({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'team' }));
    expect(connected.address).toBe(address);
    await connected.close();
  });

  const failing = async (variables: Record<string, string | undefined>) =>
    connectTemporal(home, variables).then(
      () => expect.fail('it connected'),
      (error: { code: string; message: string; hint: string }) => error,
    );

  it('says what is wrong with certificates, and the way out', async () => {
    const old = `127.0.0.1:${await listen(mutualTls(team, 'TLSv1.2'))}`;
    const key = join(dir, 'no.key');
    await writeFile(key, 'this is no key');
    const none = { TEMPORAL_TLS_CLIENT_CERT_PATH: undefined, TEMPORAL_TLS_CLIENT_KEY_PATH: undefined };
    const theirs = {
      TEMPORAL_TLS_CLIENT_CERT_PATH: join(strangers, 'client/client.crt'),
      TEMPORAL_TLS_CLIENT_KEY_PATH: join(strangers, 'client/client.key'),
    };
    const cases: [string, Record<string, string | undefined>, RegExp, RegExp][] = [
      ['another authority', settings(strangers), /authority that is not trusted/, /TEMPORAL_TLS_SERVER_CA_CERT_PATH/],
      [
        'no authority',
        settings(team, { TEMPORAL_TLS_SERVER_CA_CERT_PATH: undefined }),
        /not trusted/,
        /SERVER_CA_CERT_PATH/,
      ],
      ['no client certificate', settings(team, none), /demands a client certificate/, /TEMPORAL_TLS_CLIENT_CERT_PATH/],
      ['none, TLS 1.2', settings(team, { ...none, TEMPORAL_ADDRESS: old }), /demands a client/, /CLIENT_CERT_PATH/],
      ['a stranger', settings(team, theirs), /does not accept the client certificate/, /CLIENT_CERT_PATH/],
      ['another name', settings(team, { TEMPORAL_TLS_SERVER_NAME: 'b.example' }), /other names/, /TLS_SERVER_NAME/],
      ['no key', settings(team, { TEMPORAL_TLS_CLIENT_KEY_PATH: key }), /can not be used/, /PEM/],
      [
        'no TLS here',
        env({ TEMPORAL_ADDRESS: address }),
        /speaks TLS, but the settings here do not/,
        /TEMPORAL_TLS=true/,
      ],
      [
        'no TLS there',
        settings(team, { TEMPORAL_ADDRESS: temporal.address }),
        /does not speak TLS/,
        /TEMPORAL_TLS=false/,
      ],
    ];
    const said = await Promise.all(cases.map(async ([name, variables]) => [name, await failing(variables)] as const));
    for (const [i, [name, error]] of said.entries()) {
      const [, , message, hint] = cases[i] ?? expect.fail();
      expect([name, error.code, error.message]).toEqual([name, 'KHA6109', expect.stringMatching(message)]);
      expect([name, error.hint]).toEqual([name, expect.stringMatching(hint)]);
    }
  }, 60_000);

  it('blames TLS for nothing else', async () => {
    const gone = settings(team, { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` });
    const silent = settings(team, { TEMPORAL_ADDRESS: `127.0.0.1:${await listen(createPlainServer())}` });
    const missing = settings(team, { TEMPORAL_TLS_CLIENT_CERT_PATH: join(dir, 'nothing.crt') });
    const codes = await Promise.all([gone, silent, missing].map(async (each) => (await failing(each)).code));
    expect(codes).toEqual(['KHA6001', 'KHA6001', 'KHA6106']);
  }, 30_000);
});
