import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { until } from './sshd.ts';

/** A real PostgreSQL of the test's own, on 127.0.0.1 and a Unix socket, with password logins (SCRAM) only. */
export interface Postgres {
  port: number;
  /** Its folder; the Unix socket is in it. */
  dir: string;
  /** The superuser. */
  user: string;
  password: string;
  /** A .pgpass file, mode 0600, with the password of the superuser and of those that `createUser` made. */
  passfile: string;
  /** Without password, as KHA_STORE has it; with `passfile` as PGPASSFILE it is complete. */
  url(database: string, user?: string): string;
  /** Runs SQL as superuser by psql and returns its rows, columns divided by `|`. */
  sql(text: string, database?: string): string;
  createUser(name: string, password: string): void;
  /** A new empty database; returns its url. */
  createDatabase(name: string, more?: string): string;
  /** Offers TLS from now on, with this certificate and its key (PEM). */
  offerTls(cert: string, key: string): Promise<void>;
  start(): Promise<void>;
  /** As a service manager does it: connections are ended, then the server. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Stops the clock of the server and all of its processes: connections stay, nothing answers. Returns what goes on. */
  freeze(): () => void;
  /** kill -9 of the server and all of its processes, as a power loss of the machine. */
  kill(): Promise<void>;
  /** Stops it and removes its files. */
  dispose(): Promise<void>;
}

/** Folder of the programs of the newest PostgreSQL that Debian installed, or undefined. */
function programs(): string | undefined {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return undefined;
  const versions = readdirSync(base).filter((version) => existsSync(join(base, version, 'bin/initdb')));
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(base, newest, 'bin');
}

/** Why the tests can't run here, or undefined. */
export const postgresMissing = (): string | undefined =>
  programs() === undefined ? 'PostgreSQL is missing: apt-get install postgresql' : undefined;

/** PostgreSQL refuses to run as root: then it runs as its own user, else as whoever runs the test. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/**
 * Starts it in a temporary folder, in about two seconds. End it with `dispose`.
 *
 * @param settings of postgresql.conf, for example `{ ssl: 'on' }`
 */
export async function startPostgres(settings: Record<string, string> = {}): Promise<Postgres> {
  const bin = programs();
  if (bin === undefined) throw new Error(postgresMissing());
  const as = account();
  const dir = mkdtempSync(join(tmpdir(), 'kha-postgres-'));
  if (as.uid !== undefined && as.gid !== undefined) chownSync(dir, as.uid, as.gid);
  const port = await freePort();
  const user = 'admin';
  const password = 'a super: secret';
  const passfile = join(dir, 'pgpass');
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', PGPASSFILE: passfile };
  const run = (program: string, args: string[], input?: string): string =>
    execFileSync(join(bin, program), args, { ...as, cwd: dir, encoding: 'utf8', env, input, stdio: 'pipe' });
  const own = (path: string, text: string): void => {
    writeFileSync(path, text, { mode: 0o600 });
    if (as.uid !== undefined && as.gid !== undefined) chownSync(path, as.uid, as.gid);
  };
  const logins = new Map([[user, password]]);
  const writeLogins = (): void =>
    own(
      passfile,
      [...logins].map(([user, secret]) => `*:${port}:*:${user}:${secret.replace(/[:\\]/g, '\\$&')}\n`).join(''),
    );

  const data = join(dir, 'data');
  own(join(dir, 'password'), password);
  writeLogins();
  const logging = ['--username', user, '--pwfile', join(dir, 'password'), '--auth', 'scram-sha-256'];
  run('initdb', ['--pgdata', data, ...logging, '--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync']);
  own(
    join(data, 'postgresql.auto.conf'),
    Object.entries({
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: dir,
      // What is killed here are processes, never the machine.
      fsync: 'off',
      ...settings,
    })
      .map(([name, value]) => `${name} = '${value}'\n`)
      .join(''),
  );

  let server: ChildProcess | undefined;
  let log = '';

  const sql = (text: string, database = 'postgres'): string =>
    run(
      'psql',
      ['-h', dir, '-p', String(port), '-U', user, '-d', database, '-XAtqw', '-v', 'ON_ERROR_STOP=1', '-f', '-'],
      text,
    ).trim();

  const answers = (): boolean => {
    try {
      return sql('select 1') === '1';
    } catch {
      return false;
    }
  };

  const spawned = (): ChildProcess => {
    const child = spawn(join(bin, 'postgres'), ['-D', data], {
      ...as,
      cwd: dir,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-8000);
    });
    return child;
  };

  async function start(): Promise<void> {
    server = spawned();
    await until(
      'PostgreSQL answers',
      () => {
        // After a kill the memory of the last one may be in use for a moment.
        if (server?.exitCode !== null) server = spawned();
        return answers();
      },
      20_000,
    ).catch((error: unknown) => {
      throw new Error(`PostgreSQL does not start: ${log}`, { cause: error });
    });
  }

  async function end(how: (child: ChildProcess) => void): Promise<void> {
    const ending = server;
    server = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    how(ending);
    await ended;
  }

  const stop = (): Promise<void> => end((child) => child.kill('SIGINT'));

  const url = (database: string, login = user): string => `postgresql://${login}@127.0.0.1:${port}/${database}`;

  await start();
  return {
    port,
    dir,
    user,
    password,
    passfile,
    url,
    sql,
    createUser(name, secret) {
      logins.set(name, secret);
      writeLogins();
      sql(`create role "${name}" login password '${secret.replaceAll("'", "''")}'`);
    },
    createDatabase(name, more = '') {
      sql(`create database "${name}" ${more}`);
      return url(name);
    },
    async offerTls(cert, key) {
      own(join(data, 'server.crt'), cert);
      own(join(data, 'server.key'), key);
      sql('alter system set ssl = on');
      sql('select pg_reload_conf()');
      await until('TLS is on', () => sql('show ssl') === 'on');
    },
    start,
    stop,
    async restart() {
      await stop();
      await start();
    },
    freeze() {
      const pids = server ? processesOf(server) : [];
      for (const pid of pids) signal(pid, 'SIGSTOP');
      return () => {
        for (const pid of pids) signal(pid, 'SIGCONT');
      };
    },
    kill: () =>
      end((child) => {
        for (const pid of processesOf(child)) signal(pid, 'SIGKILL');
      }),
    async dispose() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The server first, so that it does not react to what happens to its children. */
function processesOf(server: ChildProcess): number[] {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' });
  return [server.pid ?? 0, ...children.trim().split(/\s+/).map(Number)].filter((pid) => pid > 1);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
