import { stripVTControlCharacters } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import { KhaError } from '../cluster/error.ts';
import { withoutSecrets } from '../formats/without-secrets.ts';
import type { Failure } from '../workflows/protocol.ts';

const LONGEST = 500;
const MOST = 80;

/** Lines of programs as they may be kept and shown on terminals: bounded, without secrets and control characters. */
export const readable = (lines: readonly string[], most = MOST): string[] =>
  withoutSecrets(
    lines.map((line) =>
      stripVTControlCharacters(line)
        .replaceAll(/\p{Cc}+/gu, ' ')
        .trimEnd(),
    ),
  )
    .slice(-most)
    .map((line) => (line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line));

/** A KhaError as Temporal carries it: type = code, details[0] = `Failure`, not retried when it is final. */
export function toApplicationFailure(error: unknown, where: string): unknown {
  if (!(error instanceof KhaError)) return error;
  const findings = error.findings.map(
    (f) => `${f.severity}: ${f.path ? `${f.path}: ` : ''}${f.message}${f.hint ? ` ${f.hint}` : ''}`,
  );
  const [message = ''] = withoutSecrets([error.message]);
  const failure: Failure = {
    message,
    code: error.code,
    blame: error.blame,
    where: error.where ?? where,
    lastLines: readable([...findings, ...error.lastLines]),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
  return ApplicationFailure.create({
    message: `${where}: ${message}`,
    type: error.code,
    nonRetryable: error.final,
    details: [failure],
    // Temporal keeps messages in the clear; a cause repeats its own.
    ...(message === error.message ? { cause: error } : {}),
  });
}
