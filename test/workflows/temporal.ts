import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import type { Activities } from '../../src/activities/contract.ts';
import { findProgram } from '../../src/adapters/temporal-dev-server/find-program.ts';
import { findHome } from '../../src/cli/home.ts';
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
