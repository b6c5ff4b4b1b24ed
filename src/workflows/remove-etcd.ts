import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Take nodes out of etcd; see operations/remove-etcd. */
export const removeEtcd = (input: OperationInput): Promise<OperationResult> => runOperation(input);
