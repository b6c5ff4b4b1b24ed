import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** kubeadm init, joins, network and health of a new cluster; see operations/init-cluster. */
export const initCluster = (input: OperationInput): Promise<OperationResult> => runOperation(input);
