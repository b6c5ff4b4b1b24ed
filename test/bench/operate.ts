import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RemoteCommand } from '../../src/ports/store.ts';
import type { Progress } from '../../src/workflows/protocol.ts';
import type { Kha } from '../lab/kha.ts';

/** An operation that has ended. */
export interface Run {
  /** ms since the epoch. */
  startedAt: number;
  /** From the start of the command to its end. */
  wallMs: number;
  progress: Progress;
  commands: RemoteCommand[];
}

/** Runs an operation by the command line and waits for its end. Throws unless it ends well. */
export async function operate(kha: Kha, operation: string, ...args: string[]): Promise<Run> {
  const before = new Set(runs(kha));
  const startedAt = Date.now();
  const started = performance.now();
  await kha.ok('start-workflow', operation, ...args);
  const wallMs = performance.now() - started;
  const run = runs(kha).find((r) => !before.has(r));
  if (run === undefined) throw new Error('the run left no log');
  const progress = JSON.parse(await kha.ok('status', 'demo', '-o', 'json')) as Progress;
  return { startedAt, wallMs, progress, commands: commandsOf(kha, run) };
}

const logs = (kha: Kha): string => join(kha.home, 'store/logs');

function runs(kha: Kha): string[] {
  try {
    return readdirSync(logs(kha));
  } catch {
    return [];
  }
}

/** Commands of a run as the store has them: one JSON line each. */
const commandsOf = (kha: Kha, run: string): RemoteCommand[] =>
  readdirSync(join(logs(kha), run)).flatMap((name) =>
    readFileSync(join(logs(kha), run, name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as RemoteCommand),
  );
