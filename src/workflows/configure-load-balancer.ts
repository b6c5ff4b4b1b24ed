import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Change the load balancing; see operations/configure-load-balancer. */
export const configureLoadBalancer = (input: OperationInput): Promise<OperationResult> => runOperation(input);
