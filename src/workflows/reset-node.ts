import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Reset of hosts that left; see operations/reset-node. */
export const resetNode = (input: OperationInput): Promise<OperationResult> => runOperation(input);
