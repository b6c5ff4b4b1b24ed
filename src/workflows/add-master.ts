import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Preparation, join and health of new masters; see operations/add-master. */
export const addMaster = (input: OperationInput): Promise<OperationResult> => runOperation(input);
