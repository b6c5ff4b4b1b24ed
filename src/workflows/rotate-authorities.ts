import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Other authorities for a running cluster; see operations/rotate-authorities. */
export const rotateAuthorities = (input: OperationInput): Promise<OperationResult> => runOperation(input);
