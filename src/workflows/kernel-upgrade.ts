import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** Upgrade kernels, host after host; see operations/kernel-upgrade. */
export const kernelUpgrade = (input: OperationInput): Promise<OperationResult> => runOperation(input);
