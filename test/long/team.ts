import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporalServer, temporalUi } from '../../lab/artifacts/temporal.ts';
import { directoryOf } from '../../lab/pieces/stamp.ts';
import { waitUntil } from '../../lab/wait.ts';
import { findProgram } from '../../src/adapters/temporal-dev-server/find-program.ts';
import { findHome } from '../../src/home.ts';
import { type Postgres, startPostgres } from '../contracts/postgres.ts';
import { freePort } from '../contracts/free-port.ts';
import { until } from '../contracts/sshd.ts';
import { type Ended, ended } from '../lab/ended.ts';
import { type Container, containerOf, type Ports } from './container.ts';
import { loadProject, prepareFolder, type Project } from './project.ts';

type Changes = Record<string, string | undefined>;

/** The parts of docker-compose.yml, as processes of this machine. */
export interface Team {
  dir: string;
  project: Project;
  /** Address of the Web UI, and of the codec endpoint, as browsers see them. */
  ui: string;
  codec: string;
  /** Address of Temporal. */
  temporal: string;
  postgres: Postgres;
  /** `docker compose up --wait`: parts in the order of their needs, until all are healthy or have ended well. */
  up(): Promise<void>;
  /** `docker compose run --rm kha …`. */
  kha(...args: string[]): Promise<Ended>;
  /** The same with other settings; undefined takes one away. */
  khaWith(env: Changes, ...args: string[]): Promise<Ended>;
  /** The same, running. */
  startWith(env: Changes, ...args: string[]): ChildProcess;
  /** Of the process of a service. */
  pid(name: string): number | undefined;
  /** `docker compose kill SERVICE`, kill -9. */
  kill(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Ports of Temporal that no Compose file publishes; on one machine they must not collide with others. */
const INNER = ['FRONTEND_HTTP', 'MATCHING_GRPC', 'HISTORY_GRPC', 'WORKER_GRPC'].concat(
  ['FRONTEND', 'MATCHING', 'HISTORY', 'WORKER'].map((part) => `${part}_MEMBERSHIP`),
);

/** Prepares everything; nothing runs yet but PostgreSQL. `change` may add to the folder before the files are read. */
export async function createTeam(
  files: readonly string[],
  change: (dir: string) => void = () => undefined,
): Promise<Team> {
  const dir = prepareFolder();
  change(dir);
  const project = loadProject(dir, files, { KHA_USER: '0:0', KHA_SSH_KEYS: join(dir, 'ssh') });
  const postgres = await startPostgres();
  const password = readFileSync(join(dir, 'team/postgres-password'), 'utf8');
  // What the image makes of POSTGRES_USER and POSTGRES_PASSWORD_FILE.
  postgres.sql(`create role postgres superuser login password '${password}'`);
  const [temporal, ui, codec] = [await lowPort(), await freePort(), await freePort()];
  const ports: Ports = { 5432: postgres.port, 7233: temporal, 8080: ui, 8233: ui, 8234: codec };
  const inner: Record<string, string> = {};
  for (const name of INNER) inner[`${name}_PORT`] = String(await lowPort());
  await linkPrograms(dir);

  const running = new Map<string, ChildProcess>();
  const others = new Set<ChildProcess>();
  const logs = new Map<string, string>();
  const container = (name: string): Container =>
    containerOf(project, name, ports, name === 'temporal' ? { ...inner, FRONTEND_GRPC_PORT: String(temporal) } : {});

  const spawned = ([program = '', ...args]: string[], { env, cwd }: Container): ChildProcess => {
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    others.add(child);
    child.on('close', () => others.delete(child));
    return child;
  };

  function launch(name: string): ChildProcess {
    const settings = container(name);
    const child = spawned(settings.command, settings);
    const keep = (chunk: Buffer): void => void logs.set(name, (logs.get(name) ?? '') + chunk.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    running.set(name, child);
    return child;
  }

  const isOver = (child: ChildProcess | undefined): boolean =>
    child === undefined || child.exitCode !== null || child.signalCode !== null;

  async function completed(name: string): Promise<void> {
    const child = launch(name);
    await until(`${name} has ended`, () => isOver(child), 90_000);
    if (child.exitCode !== 0) throw new Error(`${name} ended with ${child.exitCode}`);
  }

  async function healthy(name: string): Promise<void> {
    const { healthCheck } = container(name);
    if (!healthCheck) throw new Error(`${name} has no health check`);
    if (name !== 'postgresql') launch(name);
    let last = '';
    const check = async (): Promise<boolean> => {
      if (name !== 'postgresql' && isOver(running.get(name))) throw new Error(`${name} has ended`);
      const { code, stdout, stderr } = await ended(spawned(healthCheck, container(name)));
      last = stdout + stderr;
      return code === 0;
    };
    // As often as seconds: each check is a process of its own.
    if (!(await waitUntil(check, 120, 1000))) throw new Error(`${name} is not healthy: ${last}`);
  }

  const up = async (): Promise<void> => {
    const services = Object.entries(project.services).filter(([, service]) => !service.profiles);
    const oneShot = new Set(
      services.flatMap(([, { depends_on: needs = {} }]) =>
        Object.entries(needs)
          .filter(([, { condition }]) => condition === 'service_completed_successfully')
          .map(([name]) => name),
      ),
    );
    const done = new Map<string, Promise<void>>();
    const bring = (name: string): Promise<void> => {
      const known = done.get(name);
      if (known) return known;
      const needs = Object.keys(project.services[name]?.depends_on ?? {});
      const going = Promise.all(needs.map(bring)).then(() => (oneShot.has(name) ? completed(name) : healthy(name)));
      done.set(name, going);
      return going;
    };
    await Promise.all(services.map(([name]) => bring(name))).catch((error: unknown) => {
      const said = [...logs].map(([name, text]) => `--- ${name}\n${text.split('\n').slice(-15).join('\n')}`);
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${said.join('\n')}`, {
        cause: error,
      });
    });
  };

  const startWith = (changes: Changes, ...args: string[]): ChildProcess => {
    const settings = container('kha');
    const env = { ...settings.env, ...changes } as Record<string, string>;
    return spawned([...settings.command, ...args], { ...settings, env });
  };

  return {
    dir,
    project,
    ui: `http://127.0.0.1:${ui}`,
    codec: `http://127.0.0.1:${codec}`,
    temporal: `127.0.0.1:${temporal}`,
    postgres,
    up,
    startWith,
    kha: (...args) => ended(startWith({}, ...args)),
    khaWith: (env, ...args) => ended(startWith(env, ...args)),
    pid: (name) => running.get(name)?.pid,
    async kill(name) {
      const child = running.get(name);
      child?.kill('SIGKILL');
      await until(`${name} is dead`, () => isOver(child));
    },
    async close() {
      for (const child of others) child.kill('SIGTERM');
      await until('all have ended', () => others.size === 0, 20_000).catch(() => undefined);
      for (const child of others) child.kill('SIGKILL');
      await postgres.dispose();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const taken = new Set<number>();

/** A free port below 32768: Temporal keeps its own in a smallint of PostgreSQL. */
async function lowPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (!free || taken.has(port)) continue;
    taken.add(port);
    return port;
  }
}

/** The programs that images have, in one folder for PATH. */
async function linkPrograms(dir: string): Promise<void> {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const server = directoryOf(temporalServer);
  const programs = {
    node: process.execPath,
    temporal: await findProgram(findHome(), () => undefined),
    'temporal-server': join(server, 'temporal-server'),
    'temporal-sql-tool': join(server, 'temporal-sql-tool'),
    'temporal-ui-server': join(directoryOf(temporalUi), 'temporal-ui-server'),
  };
  for (const [name, target] of Object.entries(programs)) symlinkSync(target, join(bin, name));
}

/** Files of the user, as in his ~/.ssh. */
export function addKey(dir: string, name: string, from: string): void {
  writeFileSync(join(dir, 'ssh', name), readFileSync(from), { mode: 0o600 });
}
