import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Reset of all hosts; see operations/reset-cluster. */
export const resetCluster = (input: OperationInput): Promise<OperationResult> => runOperation(input);
