import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Drain, deletion and reset of workers; see operations/remove-node. */
export const removeNode = (input: OperationInput): Promise<OperationResult> => runOperation(input);
