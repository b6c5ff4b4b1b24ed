import { commandCodes } from './error-codes/commands.ts';
import { connectionCodes } from './error-codes/connections.ts';
import { defectCodes } from './error-codes/defects.ts';
import type { ErrorCode } from './error-codes/error-code.ts';
import { fileCodes } from './error-codes/files.ts';
import { jobCodes } from './error-codes/jobs.ts';
import { operationCodes } from './error-codes/operations.ts';
import { stepCodes } from './error-codes/steps.ts';
import { storeCodes } from './error-codes/store.ts';
import { temporalCodes } from './error-codes/temporal.ts';

/**
 * Every code that kha throws on purpose, in order. Groups: 1 command line, 2 files, 3 hosts and cluster, 4 kha's own
 * files and secrets, 6 Temporal, 7 ends of operations, 9 kha itself.
 */
export const errorCodes: readonly ErrorCode[] = [
  ...commandCodes,
  ...fileCodes,
  ...connectionCodes,
  ...jobCodes,
  ...stepCodes,
  ...storeCodes,
  ...temporalCodes,
  ...operationCodes,
  ...defectCodes,
].toSorted((a, b) => (a.code < b.code ? -1 : 1));

/** In any case of letters; undefined for a code that kha does not have. */
export const errorNamed = (code: string): ErrorCode | undefined =>
  errorCodes.find((e) => e.code === code.toUpperCase());
