import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, round } from './numbers.ts';

const STARTS = 9;
const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'dist/cli/main.js');

/** Time to print the help, and what of it is Node's own start. */
export const measureHelp = () => ({
  medianMs: round(medianStart(program, '--help')),
  nodeAloneMs: round(medianStart('-e', '0')),
  aimMs: 150,
});

function medianStart(...args: string[]): number {
  return median(
    Array.from({ length: STARTS }, () => {
      const start = performance.now();
      spawnSync(process.execPath, args);
      return performance.now() - start;
    }),
  );
}
