import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';

const NAMESPACE = 'default';

/** Search attributes by which kha's workflows are found. */
export const SEARCH_ATTRIBUTES = ['KhaCluster', 'KhaOperation'] as const;

/**
 * Waits until a Temporal at the address answers, has its namespace and knows kha's search attributes.
 *
 * @param gaveUp asked between tries; true ends the wait
 * @returns false after `timeoutMs`, or when given up
 */
export async function waitUntilServing(
  address: string,
  timeoutMs: number,
  gaveUp: () => boolean = () => false,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  const connection = Connection.lazy({ address });
  try {
    while (Date.now() < deadline && !gaveUp()) {
      if (await isServing(connection)) {
        await keepForMonths(connection);
        return true;
      }
      await sleep(50);
    }
    return false;
  } finally {
    await connection.close();
  }
}

async function isServing(connection: Connection): Promise<boolean> {
  try {
    const { customAttributes } = await connection.withDeadline(Date.now() + 1000, () =>
      connection.operatorService.listSearchAttributes({ namespace: NAMESPACE }),
    );
    return SEARCH_ATTRIBUTES.every((name) => customAttributes[name] !== undefined);
  } catch {
    return false;
  }
}

/** The development server forgets finished workflows after a day; who is paged on Monday wants to see Friday's. */
async function keepForMonths(connection: Connection): Promise<void> {
  const retention = msToTs('90 days');
  const { config } = await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
  if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) >= Number(retention.seconds)) return;
  await connection.workflowService.updateNamespace({
    namespace: NAMESPACE,
    config: { ...config, workflowExecutionRetentionTtl: retention },
  });
}

/** Can a server listen on that port of 127.0.0.1? */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => resolve(true)));
  });
}
