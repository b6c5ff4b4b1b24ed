import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Take hosts out of the load balancers; see operations/remove-lb. */
export const removeLb = (input: OperationInput): Promise<OperationResult> => runOperation(input);
