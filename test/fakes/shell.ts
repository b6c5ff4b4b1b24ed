import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Command } from '../../src/formats/sh.ts';
import { actScript, type EffectReport, lookScript, readReports } from '../../src/graph/effects/compile.ts';
import type { SecretValues } from '../../src/graph/effects/effect.ts';
import type { Effect } from '../../src/graph/effects/registry.ts';

export interface ShellResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

const directories: string[] = [];

/** An empty directory that goes with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kha-effects-'));
  directories.push(directory);
  return directory;
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Owner of what this process makes, so that tests need no root. */
export const me = `${userInfo().username}:${userInfo().username}`;

/** Runs a script as the ssh port does, with a real `sh`; `onOutput` sees the output and may kill it with all it started. */
export function run(
  script: Command,
  options: { secrets?: string; onOutput?: (stdout: string, kill: () => void) => void } = {},
): Promise<ShellResult> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...(options.secrets === undefined ? {} : { KHA_SECRETS: options.secrets }) };
    const child: ChildProcess = spawn('sh', ['-s'], { env, detached: true, stdio: 'pipe' });
    const result: ShellResult = { code: null, stdout: '', stderr: '' };
    const kill = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        // The script was done before it could be killed.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    };
    child.stdout?.on('data', (data: Buffer) => {
      result.stdout += data.toString();
      options.onOutput?.(result.stdout, kill);
    });
    child.stderr?.on('data', (data: Buffer) => {
      result.stderr += data.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...result, code }));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(script.text);
  });
}

export async function look(effects: readonly Effect[], secrets: SecretValues = {}): Promise<EffectReport[]> {
  return readReports((await run(lookScript(effects, secrets))).stdout);
}

export async function act(
  effects: readonly Effect[],
  secrets: SecretValues = {},
  options: Parameters<typeof run>[1] = {},
): Promise<ShellResult & { reports: EffectReport[] }> {
  const result = await run(actScript(effects, secrets), options);
  return { ...result, reports: readReports(result.stdout) };
}

export const outcomes = (reports: readonly EffectReport[]): string[] => reports.map((r) => r.outcome);
