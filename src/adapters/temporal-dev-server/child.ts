import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KhaError } from '../../cluster/error.ts';
import { identify, isRunning, type ProcessIdentity } from '../process-identity.ts';
import { serverEnvironment } from './server-environment.ts';
import { SEARCH_ATTRIBUTES } from './serving.ts';

const STOP_MS = 10_000;
const MAX_LOG_BYTES = 10 << 20;

export interface ChildOptions {
  program: string;
  /** Holds database and log. */
  directory: string;
  port: number;
  uiPort: number;
  /** URL where the Web UI has payloads decoded. */
  codecEndpoint?: string;
}

/** A Temporal process, ours or one that was found. */
export interface RunningServer {
  process: ProcessIdentity;
  /** Resolves when the process is gone, whoever ended it. */
  gone: Promise<void>;
}

export interface StartedServer extends RunningServer {
  /** The last lines that this process wrote, up to 20. */
  lastLines: () => Promise<string[]>;
}

const logFile = (directory: string): string => join(directory, 'server.log');

/**
 * Starts Temporal's development server on SQLite. It has a session of its own and writes to a file, so that it outlives
 * a killed `kha server` (a pipe without a reader would end it) and a Ctrl-C at the terminal.
 */
export async function startChild(options: ChildOptions): Promise<StartedServer> {
  const { directory } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await sizeOf(logFile(directory))) > MAX_LOG_BYTES) await rename(logFile(directory), `${logFile(directory)}.1`);
  const before = await sizeOf(logFile(directory));
  const log = await open(logFile(directory), 'a', 0o600);
  try {
    const child = spawn(options.program, args(options), {
      cwd: directory,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: serverEnvironment(process.env),
    });
    const gone = exitOf(child);
    await once(child, 'spawn').catch((cause: unknown) => {
      throw notRunnable(options.program, cause);
    });
    const pid = child.pid ?? 0;
    const identity = (await identify(pid)) ?? { pid, started: 'gone' };
    return { process: identity, gone, lastLines: () => lastLines(directory, before) };
  } finally {
    await log.close();
  }
}

const exitOf = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('exit', () => resolve()));

function args({ directory, port, uiPort, codecEndpoint }: ChildOptions): string[] {
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((pragma) => ['--sqlite-pragma', pragma]);
  return ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)].concat(
    ['--db-filename', join(directory, 'temporal.db')],
    // WAL and NORMAL: several times the throughput; a kill loses nothing, a power cut at most the last commits.
    pragmas,
    // 20 a second and shard by default, which costs each sequential activity 46 ms instead of 19.
    ['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'],
    SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ['--ui-disable-news-fetch', '--log-level', 'warn', '--color', 'never'],
    codecEndpoint ? ['--ui-codec-endpoint', codecEndpoint] : [],
  );
}

const notRunnable = (program: string, cause: unknown): KhaError =>
  new KhaError(`${program} can't be run: ${cause instanceof Error ? cause.message : String(cause)}.`, {
    code: 'KHA6104',
    blame: 'configuration',
    hint: 'Replace it by the `temporal` program of this kind of machine, or remove it: kha then fetches its own.',
    cause,
  });

/** A server that another process of kha left behind. */
export function adopt(found: ProcessIdentity): RunningServer {
  const watch = async () => {
    while (await isRunning(found)) await sleep(250);
  };
  return { process: found, gone: watch() };
}

/** Ends the process, by force where it does not go by itself. */
export async function end(server: RunningServer): Promise<void> {
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(server.process.pid, signal);
    } catch {
      // It is gone already.
    }
  };
  if (!(await isRunning(server.process))) return server.gone;
  send('SIGTERM');
  const force = setTimeout(() => send('SIGKILL'), STOP_MS);
  await server.gone;
  clearTimeout(force);
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

async function lastLines(directory: string, from: number): Promise<string[]> {
  const written = await readFile(logFile(directory)).catch(() => Buffer.alloc(0));
  return written.subarray(from).toString('utf8').trimEnd().split('\n').slice(-20);
}
