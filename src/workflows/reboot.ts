import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Reboot hosts one after another; see operations/reboot. */
export const reboot = (input: OperationInput): Promise<OperationResult> => runOperation(input);
