import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Take workers out of the masters; see operations/remove-master. */
export const removeMaster = (input: OperationInput): Promise<OperationResult> => runOperation(input);
