import { ApplicationFailure } from '@temporalio/common';
import { KhaError } from '../cluster/error.ts';
import type { Failure } from '../workflows/protocol.ts';

/** A KhaError as Temporal carries it: type = code, details[0] = `Failure`, not retried when it is final. */
export function toApplicationFailure(error: unknown, where: string): unknown {
  if (!(error instanceof KhaError)) return error;
  const findings = error.findings.map(
    (f) => `${f.severity}: ${f.path ? `${f.path}: ` : ''}${f.message}${f.hint ? ` ${f.hint}` : ''}`,
  );
  const failure: Failure = {
    message: error.message,
    code: error.code,
    blame: error.blame,
    where: error.where ?? where,
    lastLines: [...findings, ...error.lastLines],
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
  return ApplicationFailure.create({
    message: `${where}: ${error.message}`,
    type: error.code,
    nonRetryable: error.final,
    details: [failure],
    cause: error,
  });
}
