import { KhaError } from '../cluster/error.ts';
import { storedCluster } from '../config/stored-cluster.ts';
import { introduction } from '../operations/introduction.ts';
import { operationNamed } from '../operations/registry.ts';
import type { Store } from '../ports/store.ts';
import type { OperationOptions } from '../workflows/protocol.ts';
import type { ScheduledOrder } from './contract.ts';

/**
 * What a schedule starts, from the record as it is at this moment. The basis makes the operation refuse where the record changes before its
 * plan is made.
 */
export async function prepareScheduled(
  store: Store,
  asked: { cluster: string; operation: string; options: OperationOptions; schedule: string },
): Promise<ScheduledOrder> {
  const { cluster: name, options, schedule } = asked;
  const operation = operationNamed(asked.operation);
  const refuse = (message: string, code: string): never => {
    throw new KhaError(message, {
      code,
      blame: 'configuration',
      hint: `Nothing was touched. Change the schedule (kha schedule create … --replace), or forget it: kha schedule delete ${name}/${schedule}`,
      final: true,
    });
  };
  if (!operation.scheduled) return refuse(`${operation.id} is not for schedules`, 'KHA1042');
  const record = await store.getCluster(name);
  if (!record) return refuse(`there is no cluster ${name} any more`, 'KHA1002');
  const cluster = await storedCluster(store, record.cluster);
  const gone = options.targets?.filter((host) => !cluster.hosts.some((h) => h.name === host)) ?? [];
  if (gone.length > 0) return refuse(`${name} has no host ${gone.join(', ')} any more`, 'KHA2001');
  return {
    declaration: record.cluster,
    options: { ...options, basis: record.cluster },
    ...introduction(operation, cluster, options, `schedule ${schedule}`),
  };
}
