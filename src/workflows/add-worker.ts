import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Preparation, join and health of new workers; see operations/add-worker. */
export const addWorker = (input: OperationInput): Promise<OperationResult> => runOperation(input);
