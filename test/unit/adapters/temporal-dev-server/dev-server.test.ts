import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DevServer, startDevServer } from '../../../../src/adapters/temporal-dev-server/dev-server.ts';
import { findProgram } from '../../../../src/adapters/temporal-dev-server/find-program.ts';
import { readServer, type ServerRecord } from '../../../../src/adapters/temporal-dev-server/records.ts';
import { findHome, type Home } from '../../../../src/home.ts';

let home: Home;
let port: number;
let uiPort: number;
let lines: string[];
const undo: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kha-temporal-'));
  undo.push(() => rm(dir, { recursive: true }));
  // The cache is the user's own, so that the program is fetched once.
  home = { ...findHome({ ...process.env, KHA_HOME: dir }) };
  [port, uiPort] = await freePorts();
  lines = [];
});
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function freePorts(): Promise<[number, number]> {
  const [a, b] = await Promise.all([listen(0), listen(0)]);
  const ports = [a, b].map((server) => (server.address() as AddressInfo).port) as [number, number];
  await Promise.all([a, b].map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function listen(on: number): Promise<Server> {
  const server = createServer().listen(on, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function start(): Promise<DevServer> {
  const server = await startDevServer({ home, port, uiPort, log: (line) => lines.push(line) });
  undo.push(() => server.stop());
  return server;
}

const record = async (): Promise<ServerRecord> => (await readServer(home.temporal)) ?? expect.fail('no record');

async function namespaces(address: string): Promise<string[]> {
  const connection = await Connection.connect({ address, connectTimeout: '3s' });
  try {
    const { namespaces: all } = await connection.workflowService.listNamespaces({});
    return (all ?? []).map((n) => n.namespaceInfo?.name ?? '');
  } finally {
    await connection.close();
  }
}

async function register(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '3s' });
  try {
    const day = { seconds: 86_400 as never };
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: day });
  } finally {
    await connection.close();
  }
}

describe('the embedded Temporal', () => {
  it('serves with its Web UI, kept to its owner, and goes away without a trace', async () => {
    const server = await start();
    expect(server.address).toBe(`127.0.0.1:${port}`);
    expect(await namespaces(server.address)).toContain('default');
    expect((await fetch(server.uiUrl)).status).toBe(200);
    expect((await stat(home.temporal)).mode & 0o777).toBe(0o700);
    const { pid } = await record();
    await server.stop();
    expect(await server.exited).toBeUndefined();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(await readServer(home.temporal)).toBeUndefined();
    const again = await start();
    expect(await namespaces(again.address)).toContain('default');
  });

  it('is started again on the same data when it is killed', async () => {
    const server = await start();
    await register(server.address, 'kept');
    const before = await record();
    process.kill(before.pid, 'SIGKILL');
    await vi.waitFor(() => expect(lines).toContain(`Temporal serves again at ${server.address}.`), 30_000);
    expect((await record()).pid).not.toBe(before.pid);
    expect(await namespaces(server.address)).toContain('kept');
  });

  it('is adopted after its owner was killed, and still kept running', async () => {
    const owner = spawn(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'owner.ts'), home.dir, String(port), String(uiPort)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    undo.push(async () => owner.kill('SIGKILL'));
    for await (const line of createInterface({ input: owner.stdout })) if (line.startsWith('serving')) break;
    await expect(startDevServer({ home, port, uiPort, log: () => undefined })).rejects.toMatchObject({
      code: 'KHA6102',
      message: expect.stringContaining(String(owner.pid)),
    });
    owner.kill('SIGKILL');
    await once(owner, 'exit');

    const { pid } = await record();
    const server = await start();
    expect(lines).toEqual([`Temporal was still running (process ${pid}); going on with it.`]);
    expect((await record()).pid).toBe(pid);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(lines).toContain(`Temporal serves again at ${server.address}.`), 30_000);
    await server.stop();
    await expect(namespaces(server.address)).rejects.toThrow();
  });

  it('says so when a port is taken, and leaves the home free', async () => {
    const other = await listen(uiPort);
    await expect(start()).rejects.toMatchObject({
      code: 'KHA6103',
      blame: 'temporal',
      message: expect.stringContaining(String(uiPort)),
      hint: expect.stringContaining('--ui-port'),
    });
    await new Promise((resolve) => other.close(resolve));
    await start();
  });

  it('says so when a port is taken the moment after it was found free', async () => {
    const program = join(home.dir, 'slow-temporal');
    const temporal = await findProgram(home);
    await writeFile(program, `#!/bin/sh\nsleep 1\nexec ${temporal} "$@"\n`, { mode: 0o755 });
    const starting = startDevServer({ home, port, uiPort, log: () => undefined, env: { KHA_TEMPORAL_CLI: program } });
    const refused = expect(starting).rejects.toMatchObject({
      code: 'KHA6103',
      message: expect.stringContaining(String(uiPort)),
      hint: expect.stringContaining('--ui-port'),
      lastLines: expect.arrayContaining([expect.stringContaining('address already in use')]),
    });
    await vi.waitFor(async () => expect(await readFile(join(home.temporal, 'server.log'), 'utf8')).toBe(''));
    const other = await listen(uiPort);
    await refused;
    await new Promise((resolve) => other.close(resolve));
    await start();
  });

  it('names a program that can not be run, and leaves the home free', async () => {
    const program = join(home.dir, 'temporal-of-another-machine');
    await writeFile(program, '#!/no/such/loader', { mode: 0o755 });
    const options = { home, port, uiPort, log: () => undefined };
    await expect(startDevServer({ ...options, env: { KHA_TEMPORAL_CLI: program } })).rejects.toMatchObject({
      code: 'KHA6104',
      message: expect.stringContaining(program),
    });
    await start();
  });

  it('gives up on a database that it can not read, with the last lines of the server', async () => {
    await mkdir(home.temporal);
    await writeFile(join(home.temporal, 'temporal.db'), 'this is no database, whatever its name says');
    const error = await start().then(
      () => expect.fail('it started'),
      (e: { code: string; lastLines: string[] }) => e,
    );
    expect(error.code).toBe('KHA6105');
    expect(error.lastLines.join('\n')).toMatch(/database/i);
    expect(await readFile(join(home.temporal, 'server.log'), 'utf8')).toContain('database');
  });
});
