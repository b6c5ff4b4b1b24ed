import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTemporal, findTemporal } from '../../../src/adapters/temporal-client.ts';
import { type DevServer, startDevServer } from '../../../src/adapters/temporal-dev-server/dev-server.ts';
import { findHome, type Home } from '../../../src/home.ts';

let dir: string;
let home: Home;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kha-client-'));
  home = findHome({ ...process.env, KHA_HOME: dir });
});
afterAll(() => rm(dir, { recursive: true }));

/** No settings of the one who runs the test. */
const env = (more: Record<string, string> = {}) => ({
  HOME: dir,
  TEMPORAL_CONFIG_FILE: join(dir, 'none.toml'),
  ...more,
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('finding Temporal', () => {
  it('means the embedded one where nothing else is said', async () => {
    expect(await findTemporal(home, env())).toMatchObject({
      address: '127.0.0.1:7233',
      namespace: 'default',
      embedded: true,
      nativeOptions: { address: '127.0.0.1:7233' },
    });
  });

  it('obeys variables, and flags before them', async () => {
    const vars = env({ TEMPORAL_ADDRESS: 'a.example:7233', TEMPORAL_NAMESPACE: 'team', TEMPORAL_API_KEY: 'key' });
    expect(await findTemporal(home, vars)).toMatchObject({
      address: 'a.example:7233',
      namespace: 'team',
      embedded: false,
      nativeOptions: { address: 'a.example:7233', apiKey: 'key', tls: true },
    });
    expect(await findTemporal(home, vars, { address: 'b.example:1', namespace: 'other' })).toMatchObject({
      address: 'b.example:1',
      namespace: 'other',
      nativeOptions: { address: 'b.example:1', apiKey: 'key' },
    });
  });

  it('reads profiles with mutual TLS', async () => {
    const file = join(dir, 'temporal.toml');
    await writeFile(join(dir, 'c.crt'), 'certificate');
    await writeFile(join(dir, 'c.key'), 'private');
    await writeFile(
      file,
      `[profile.team]
address = "team.example:7233"
namespace = "kha"
[profile.team.tls]
client_cert_path = "${join(dir, 'c.crt')}"
client_key_path = "${join(dir, 'c.key')}"
server_name = "temporal.internal"
`,
    );
    const target = await findTemporal(home, env({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'team' }));
    expect(target).toMatchObject({ address: 'team.example:7233', namespace: 'kha', embedded: false });
    const { tls } = target.nativeOptions;
    expect(tls).toMatchObject({ serverNameOverride: 'temporal.internal' });
    const pair = typeof tls === 'object' ? tls?.clientCertPair : undefined;
    expect(Buffer.from(pair?.crt ?? []).toString()).toBe('certificate');
    await expect(
      findTemporal(home, env({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'nobody' })),
    ).rejects.toMatchObject({ code: 'KHA6106', blame: 'configuration', message: expect.stringContaining('nobody') });
    await writeFile(file, 'not = [toml');
    await expect(findTemporal(home, env({ TEMPORAL_CONFIG_FILE: file }))).rejects.toMatchObject({ code: 'KHA6106' });
  });
});

describe('connecting to Temporal', () => {
  it('says within five seconds that nobody answers, and what to do', async () => {
    const begin = Date.now();
    const address = `127.0.0.1:${await closedPort()}`;
    await expect(connectTemporal(home, env({ TEMPORAL_ADDRESS: address }))).rejects.toMatchObject({
      code: 'KHA6001',
      blame: 'temporal',
      final: false,
      message: expect.stringContaining(address),
      hint: expect.stringContaining('kha server'),
    });
    // Less than the ten seconds of the library, also on a busy machine.
    expect(Date.now() - begin).toBeLessThan(9500);
  });

  it('does not hang on a program that accepts and says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const begin = Date.now();
    await expect(connectTemporal(home, env({ TEMPORAL_ADDRESS: address }))).rejects.toMatchObject({ code: 'KHA6001' });
    // Less than the ten seconds of the library, also on a busy machine.
    expect(Date.now() - begin).toBeLessThan(9500);
    silent.close();
  });

  describe('that runs', () => {
    let server: DevServer;
    beforeAll(async () => {
      server = await startDevServer({
        home,
        port: await closedPort(),
        uiPort: await closedPort(),
        log: () => undefined,
      });
    });
    afterAll(() => server.stop());

    it('finds the embedded one on the port where it is, and encrypts', async () => {
      const connected = await connectTemporal(home, env());
      expect(connected).toMatchObject({ address: server.address, ui: server.uiUrl, embedded: true });
      const { client } = connected;
      const secret = 'correct horse battery staple';
      await client.workflow.start('nothing', { taskQueue: 'nobody', workflowId: 'kha/demo', args: [{ secret }] });
      const { history } = await client.workflowService.getWorkflowExecutionHistory({
        namespace: 'default',
        execution: { workflowId: 'kha/demo' },
      });
      const input = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      expect(input).toHaveLength(1);
      expect(Buffer.from(input[0]?.data ?? []).includes('horse')).toBe(false);
      const [plain] = await (connected.dataConverter.payloadCodecs?.[0]?.decode(input) ?? []);
      expect(JSON.parse(Buffer.from(plain?.data ?? []).toString())).toEqual({ secret });
      await client.workflow.getHandle('kha/demo').terminate();
      await connected.close();
      const files = ['temporal.db', 'temporal.db-wal'].map((name) => readFile(join(home.temporal, name)));
      const database = Buffer.concat(await Promise.all(files));
      expect(database.includes('kha/demo')).toBe(true);
      expect(database.includes('horse')).toBe(false);
    });

    it('names a namespace that is not there', async () => {
      await expect(connectTemporal(home, env({ TEMPORAL_NAMESPACE: 'nowhere' }))).rejects.toMatchObject({
        code: 'KHA6108',
        message: expect.stringContaining('nowhere'),
      });
    });
  });
});
