import { parseArgs } from 'node:util';

/** The parts of the bench, in the order in which they run. */
export const parts = ['help', 'init', 'rerun', 'reruns', 'kills', 'growth'] as const;
export type Part = (typeof parts)[number];

export interface Options {
  parts: Part[];
  /** Re-runs of the converged cluster, one after another. */
  reruns: number;
  /** Kills of each kind. */
  kills: number;
}

export const usage = `npm run bench -- [--only PART,…] [--reruns N] [--kills N]

Figures of operations on hosts of the lab; JSON to reports/bench.json. Takes the lab down, before and after.

  help     time to print the help
  init     five bare hosts: wall time, and how much of it the critical path needs
  rerun    again on the converged cluster: wall time, round trips, CPU of the worker per task
  reruns   many of them: memory of the worker                      --reruns N, default 10
  kills    two bare hosts: kill -9 of the worker, and of everything; how fast the work goes on, and what it costs
                                                                   --kills N of each kind, default 2
  growth   nine bare hosts: workers added to clusters of three and of eight, one and five at once
`;

/** Throws with a message for people. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: parts.join(',') },
      reruns: { type: 'string', default: '10' },
      kills: { type: 'string', default: '2' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const number = (flag: string, text: string): number => {
    if (/^[1-9]\d*$/.test(text)) return Number(text);
    throw new Error(`${flag} ${text}: a number from 1 on is expected.`);
  };
  const wanted = values.only.split(',');
  const unknown = wanted.find((name) => !parts.some((part) => part === name));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}; there are ${parts.join(', ')}.`);
  return {
    parts: parts.filter((part) => wanted.includes(part)),
    reruns: number('--reruns', values.reruns),
    kills: number('--kills', values.kills),
  };
}
