import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Preparation and vote of new members of etcd; see operations/add-etcd. */
export const addEtcd = (input: OperationInput): Promise<OperationResult> => runOperation(input);
