import { inspect } from 'node:util';
import { type Finding, KhaError } from '../cluster/error.ts';
import type { SourceFile } from '../config/source.ts';
import type { Paint } from './colour.ts';
import { exitCodeOf, type ExitCode } from './exit-codes.ts';

export type RenderFindings = (
  findings: Finding[],
  files: SourceFile[],
  options?: { style?: (role: 'place' | 'error' | 'warning' | 'source' | 'caret' | 'hint', text: string) => string },
) => string;

export interface PrintErrorOptions {
  json: boolean;
  debug: boolean;
  paint: Paint;
  out: (text: string) => void;
  err: (text: string) => void;
  /** Shows findings with their lines; loaded by the caller, only when there are some. */
  renderFindings?: RenderFindings;
}

const FINDING_STYLES = {
  place: 'bold',
  error: 'red',
  warning: 'yellow',
  source: 'dim',
  caret: 'red',
  hint: 'cyan',
} as const;

export const findingStyle = (paint: Paint) => ({
  style: (role: keyof typeof FINDING_STYLES, text: string): string => paint(FINDING_STYLES[role], text),
});

/** The one place that tells people and machines of a failure. Returns the exit code. */
export function printError(error: unknown, options: PrintErrorOptions): ExitCode {
  const exitCode = exitCodeOf(error);
  if (options.json) options.out(`${JSON.stringify(errorDocument(error, exitCode))}\n`);
  else options.err(`${errorText(error, options)}\n`);
  return exitCode;
}

/** What `-o json` prints on failure, where it has not printed its document yet. */
export function errorDocument(error: unknown, exitCode: ExitCode): unknown {
  const base = { apiVersion: 'kha/v1', kind: 'Error' };
  if (!(error instanceof KhaError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...base, error: { code: 'KHA9000', blame: 'kha', message, exitCode } };
  }
  return {
    ...base,
    error: {
      code: error.code,
      blame: error.blame,
      message: error.message,
      ...(error.where === undefined ? {} : { where: error.where }),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.findings.length > 0 ? { findings: error.findings } : {}),
      ...(error.lastLines.length > 0 ? { lastLines: error.lastLines } : {}),
      exitCode,
    },
  };
}

export function errorText(error: unknown, { paint, debug, renderFindings }: PrintErrorOptions): string {
  if (!(error instanceof KhaError) || error.code === 'KHA9000') return bugText(error, paint, debug);
  const lines: string[] = [];
  if (error.findings.length > 0) {
    const files = (error as KhaError & { files?: SourceFile[] }).files ?? [];
    lines.push(
      renderFindings
        ? renderFindings(error.findings, files, findingStyle(paint))
        : error.findings.map(findingLine).join('\n'),
      '',
    );
  }
  // Ctrl-C is no failure: it gets no red word.
  const head =
    error.code === 'KHA1010'
      ? ''
      : `${paint(['bold', error.code === 'KHA1008' ? 'yellow' : 'red'], error.code === 'KHA1008' ? 'waiting:' : 'error:')} `;
  const where = error.where !== undefined && !error.message.includes(error.where) ? `${error.where}: ` : '';
  const code = error.code === 'KHA1010' ? '' : ` ${paint('dim', `(${error.code})`)}`;
  lines.push(`${head}${where}${error.message}${code}`);
  for (const line of error.lastLines) lines.push(paint('dim', `  │ ${line}`));
  if (error.hint !== undefined) lines.push(`${paint('cyan', '→')} ${error.hint.replaceAll('\n', '\n  ')}`);
  if (debug) lines.push('', paint('dim', stackOf(error)));
  return lines.join('\n');
}

function bugText(error: unknown, paint: Paint, debug: boolean): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const lines = [
    `${paint(['bold', 'red'], 'This is a bug in kha:')} ${message}`,
    `${paint('cyan', '→')} Please report it with the output of the same command with --debug, and of \`kha version\`.`,
  ];
  if (debug) lines.push('', paint('dim', stackOf(error)));
  return lines.join('\n');
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined; at = at instanceof Error ? at.cause : undefined)
    parts.push(at instanceof Error ? (at.stack ?? at.message) : inspect(at));
  return parts.join('\ncaused by ');
}

function findingLine(finding: Finding): string {
  const { place } = finding;
  const at = place ? `${place.file}:${place.line}:${place.column}: ` : '';
  return `${at}${finding.severity}: ${finding.message}${finding.hint ? `\n  → ${finding.hint}` : ''}`;
}
