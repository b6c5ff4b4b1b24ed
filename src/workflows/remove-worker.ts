import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Take masters out of the workers; see operations/remove-worker. */
export const removeWorker = (input: OperationInput): Promise<OperationResult> => runOperation(input);
