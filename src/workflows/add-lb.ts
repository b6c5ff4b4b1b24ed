import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Add load balancer hosts; see operations/add-lb. */
export const addLb = (input: OperationInput): Promise<OperationResult> => runOperation(input);
