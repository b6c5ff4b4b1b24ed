import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  DefaultLogger,
  type LogEntry,
  makeTelemetryFilterString,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { createActivities } from './activities/create-activities.ts';
import { createDataConverter } from './adapters/codec/data-converter.ts';
import { takeOver, takeOverAtStart } from './adapters/take-over.ts';
import { createSchedules } from './adapters/temporal-schedules.ts';
import { workerIdentity } from './adapters/worker-identity.ts';
import type { Home } from './home.ts';
import { compose } from './compose.ts';
import { openStore } from './open-store.ts';
import { TASK_QUEUE } from './workflows/protocol.ts';

export interface WorkerOptions {
  home: Home;
  connection: NativeConnectionOptions;
  namespace: string;
  log: Logger;
}

export interface RunningWorker {
  /** Ends when the worker has ended; rejects when it failed. */
  done: Promise<void>;
  /** Finishes what can be finished within a few seconds; remote jobs go on by themselves and are taken up later. */
  shutdown: () => void;
}

/** The bundle that the build made; from sources (tests, tsx) the worker bundles at its start. */
function workflows(): { workflowBundle: { codePath: string } } | { workflowsPath: string } {
  const built = fileURLToPath(new URL('./workflow-bundle.js', import.meta.url));
  if (existsSync(built)) return { workflowBundle: { codePath: built } };
  return { workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)) };
}

/**
 * A Temporal worker with all of kha's workflows and activities. It takes no task before its store was looked at: with
 * another store or key it would only make tasks fail.
 *
 * @throws KhaError KHA4004, KHA4007 to KHA4010 where the store can not be used
 */
export async function runWorker({ home, connection: options, namespace, log }: WorkerOptions): Promise<RunningWorker> {
  installLogger(log);
  await inspectStore(home);
  const store = await openStore(home);
  const ports = compose(store);
  const connection = await NativeConnection.connect(options);
  const dataConverter = await createDataConverter(home);
  const client = new Client({ connection, namespace, dataConverter });
  const identity = await workerIdentity();
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    identity: identity.text,
    ...workflows(),
    activities: createActivities(ports, createSchedules(client, { address: options.address ?? '', namespace })),
    dataConverter,
    // A worker that was killed leaves its sticky queue behind: two seconds until another one gets its workflows.
    stickyQueueScheduleToStartTimeout: '2s',
    maxHeartbeatThrottleInterval: '2s',
    maxConcurrentActivityTaskExecutions: 100,
    maxCachedWorkflows: 300,
    shutdownGraceTime: '5s',
  });
  const ended = new AbortController();
  const takingOver = takeOverAtStart(() => takeOver(client, TASK_QUEUE, identity.isDead), log, ended.signal);
  const done = (async () => {
    try {
      await worker.run();
    } finally {
      ended.abort();
      await takingOver;
      await ports.close();
      await store.close();
      await connection.close();
    }
  })();
  return {
    done,
    shutdown: () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}

/** Whoever starts it tries again, so that it is not waited for long here. */
const START_PATIENCE_MS = 5000;

async function inspectStore(home: Home): Promise<void> {
  const store = await openStore(home, { patienceMs: START_PATIENCE_MS });
  try {
    await store.inspect();
  } finally {
    await store.close();
  }
}

let installed = false;

/** Temporal's own messages, and those of workflows and activities, go where kha's go. Once a process. */
function installLogger(log: Logger): void {
  if (installed) return;
  installed = true;
  const write = ({ level, message, meta }: LogEntry): void => {
    const to = level === 'ERROR' ? 'error' : level === 'WARN' ? 'warn' : level === 'INFO' ? 'info' : 'debug';
    log[to]({ ...meta }, message);
  };
  Runtime.install({
    logger: new DefaultLogger('WARN', write),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  });
}
