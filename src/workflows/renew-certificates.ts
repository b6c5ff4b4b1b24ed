import { runOperation } from './operation.ts';
import type { OperationInput, OperationResult } from './protocol.ts';

/** What ends soon is issued anew and served; see operations/renew-certificates. */
export const renewCertificates = (input: OperationInput): Promise<OperationResult> => runOperation(input);
