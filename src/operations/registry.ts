import { KhaError } from '../cluster/error.ts';
import type { Operation } from '../graph/operation.ts';
import { addEtcd } from './add-etcd.ts';
import { addMaster } from './add-master.ts';
import { addWorker } from './add-worker.ts';
import { initCluster } from './init-cluster.ts';
import { removeNode } from './remove-node.ts';
import { resetCluster } from './reset-cluster.ts';
import { resetNode } from './reset-node.ts';

/** All operations by id: commands, docs and completion follow from here. */
export const operations: Record<string, Operation> = {
  [initCluster.id]: initCluster,
  [addWorker.id]: addWorker,
  [addMaster.id]: addMaster,
  [addEtcd.id]: addEtcd,
  [removeNode.id]: removeNode,
  [resetNode.id]: resetNode,
  [resetCluster.id]: resetCluster,
};

/** Throws KHA1103 for a name that no operation has. */
export function operationNamed(id: string): Operation {
  const found = Object.hasOwn(operations, id) ? operations[id] : undefined;
  if (!found) {
    throw new KhaError(`there is no operation ${id}`, {
      code: 'KHA1103',
      blame: 'configuration',
      hint: `Operations are: ${Object.keys(operations).join(', ')}.`,
    });
  }
  return found;
}
