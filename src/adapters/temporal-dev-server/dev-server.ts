import { setTimeout as sleep } from 'node:timers/promises';
import { KhaError } from '../../cluster/error.ts';
import { adopt, end, type RunningServer, startChild } from './child.ts';
import { findProgram, type ProgramPlaces } from './find-program.ts';
import { isRunning } from '../process-identity.ts';
import { readServer, removeServer, takeOwnership, writeServer } from './records.ts';
import { isPortFree, waitUntilServing } from './serving.ts';

const READY_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
const MAX_FAILURES = 6;
/** After so long without trouble, a death counts as the first one again. */
const CALM_MS = 60_000;

export interface DevServerOptions {
  home: ProgramPlaces & { temporal: string };
  /** gRPC, default 7233. */
  port?: number;
  /** Web UI, default 8233. */
  uiPort?: number;
  codecEndpoint?: string;
  /** Gets lines for people: starts, restarts, adoption. */
  log: (line: string) => void;
  env?: Record<string, string | undefined>;
}

export interface DevServer {
  /** `127.0.0.1:7233`. */
  address: string;
  uiUrl: string;
  /** Ends Temporal and releases the home. Running operations go on at the next start. */
  stop(): Promise<void>;
  /** Resolves to undefined after `stop`, to an error when Temporal died and can't be started again. */
  exited: Promise<KhaError | undefined>;
}

/**
 * Temporal's own development server for one home, kept running: adopted where a killed `kha server` left it, started
 * again when it dies. Returns when it serves.
 *
 * @throws KhaError KHA6102 (this home has a living owner), KHA6103 (a port is taken), KHA6104 (no program), KHA6105 (it
 *   does not start)
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { home, port = 7233, uiPort = 8233, log } = options;
  const directory = home.temporal;
  const address = `127.0.0.1:${port}`;
  const ownership = await takeOwnership(directory);
  const stopping = new AbortController();
  let server: RunningServer | undefined;

  async function start(): Promise<RunningServer> {
    await demandPort(port, 'port');
    await demandPort(uiPort, 'ui-port');
    const program = await findProgram(home, log, options.env);
    const { codecEndpoint } = options;
    const child = await startChild({ program, directory, port, uiPort, ...(codecEndpoint ? { codecEndpoint } : {}) });
    await writeServer(directory, { ...child.process, port, uiPort });
    let dead = false;
    void (async () => {
      await child.gone;
      dead = true;
    })();
    if (await waitUntilServing(address, READY_MS, () => dead || stopping.signal.aborted)) return child;
    await end(child);
    const said = await child.lastLines();
    const taken = portInUse(said);
    if (taken === port) throw portTaken(port, 'port', said);
    if (taken === uiPort) throw portTaken(uiPort, 'ui-port', said);
    throw notStarted(directory, address, said);
  }

  /** A server that runs already: taken where it is the one that is wanted, else ended. */
  async function adoptOrEnd(): Promise<RunningServer | undefined> {
    const record = await readServer(directory);
    if (!record || !(await isRunning(record))) return undefined;
    const found = adopt({ pid: record.pid, started: record.started });
    if (record.port === port && record.uiPort === uiPort && (await waitUntilServing(address, READY_MS / 2))) {
      log(`Temporal was still running (process ${record.pid}); going on with it.`);
      return found;
    }
    log(`Ending the Temporal of this home at port ${record.port} (process ${record.pid}).`);
    await end(found);
    return undefined;
  }

  async function keepRunning(): Promise<KhaError | undefined> {
    let failures = 0;
    for (let since = Date.now(); ; since = Date.now()) {
      await server?.gone;
      if (stopping.signal.aborted) return undefined;
      failures = Date.now() - since > CALM_MS ? 1 : failures + 1;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
      log(`Temporal ended; starting it again in ${pause} ms.`);
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return undefined;
      try {
        server = await start();
        log(`Temporal serves again at ${address}.`);
      } catch (error) {
        if (failures >= MAX_FAILURES || !(error instanceof KhaError)) return asKhaError(error);
        log(error.message);
      }
    }
  }

  async function live(): Promise<KhaError | undefined> {
    try {
      return await keepRunning();
    } finally {
      await removeServer(directory);
      await ownership.release();
    }
  }

  try {
    server = (await adoptOrEnd()) ?? (await start());
  } catch (error) {
    await ownership.release();
    throw error;
  }
  const exited = live();
  return {
    address,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    exited,
    async stop() {
      stopping.abort();
      if (server) await end(server);
      await exited;
    },
  };
}

async function demandPort(port: number, flag: string): Promise<void> {
  if (!(await isPortFree(port))) throw portTaken(port, flag);
}

/** The port that the server could not have: another program was faster, after it had been found free. */
function portInUse(said: readonly string[]): number | undefined {
  const port = /:(\d+): bind: address already in use/.exec(said.join('\n'))?.[1];
  return port === undefined ? undefined : Number(port);
}

const portTaken = (port: number, flag: string, lastLines: string[] = []): KhaError =>
  new KhaError(`Port ${port} of 127.0.0.1 is taken by another program.`, {
    code: 'KHA6103',
    blame: 'temporal',
    hint: `Give another one with --${flag}, end that program, or, if it is a Temporal of yours, set TEMPORAL_ADDRESS=127.0.0.1:${port} and run \`kha worker\`.`,
    lastLines,
  });

const notStarted = (directory: string, address: string, lastLines: string[]): KhaError =>
  new KhaError(`Temporal did not start to serve at ${address}.`, {
    code: 'KHA6105',
    blame: 'temporal',
    hint: `Read ${directory}/server.log. A full disk and a database of a newer version are the usual reasons.`,
    lastLines,
  });

const asKhaError = (error: unknown): KhaError =>
  error instanceof KhaError
    ? error
    : new KhaError(`Temporal can't be kept running: ${error instanceof Error ? error.message : String(error)}.`, {
        code: 'KHA6105',
        blame: 'temporal',
        hint: 'Start `kha server` again; running operations go on where they were.',
        cause: error,
      });
