import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { labError } from './error.ts';

export interface RunOptions {
  cwd?: string;
  /** Added to the environment of this process. */
  env?: Record<string, string>;
  /** Sent to standard input. */
  input?: string;
  /** Standard output and error are appended to this file instead of being returned. */
  log?: string;
  /** Also stop at an abort. */
  signal?: AbortSignal;
}

export interface RunResult {
  /** Exit code; 255 where a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Run a program without a shell, whatever its exit code. */
export function tryRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const log = options.log === undefined ? 'pipe' : openSync(options.log, 'a');
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.env },
      stdio: ['pipe', log, log],
      signal: options.signal,
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (typeof log === 'number') closeSync(log);
      resolve({ code: code ?? 255, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined); // a program that does not read its input is no failure
    child.stdin?.end(options.input ?? '');
  });
}

/** Run a program that must succeed; the answer is its standard output. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(program, args, options).catch((cause: unknown) => {
    throw labError(`${program} can't be run: ${cause instanceof Error ? cause.message : String(cause)}`, 'Install it.');
  });
  if (result.code === 0) return result.stdout;
  const output = options.log === undefined ? result.stderr || result.stdout : readFileSync(options.log, 'utf8');
  throw labError(
    `${program} ${args.slice(0, 3).join(' ')} failed with exit code ${result.code}`,
    options.log === undefined ? 'See the lines above.' : `See ${options.log}.`,
    output.trimEnd().split('\n').slice(-15),
  );
}
