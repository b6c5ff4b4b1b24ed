import { checkReturn } from './check-return.ts';
import type { TaskResult } from './contract.ts';
import type { TaskScope } from './task-scope.ts';

/** Watches a host that is back for a while. */
export async function settle(scope: TaskScope, hostName: string): Promise<TaskResult> {
  const { ports, cluster, abort } = scope;
  const { settleSeconds } = cluster.maintenance;
  await ports.clock.sleep(settleSeconds * 1000, abort);
  await checkReturn(scope, hostName);
  return { changed: false, detail: `still up after ${settleSeconds} s` };
}
