import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** From one member of etcd back to a cluster; see operations/recover-cluster. */
export const recoverCluster = (input: OperationInput): Promise<OperationResult> => runOperation(input);
