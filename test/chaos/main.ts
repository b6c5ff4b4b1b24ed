import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareFaults } from '../../lab/faults.ts';
import { demandLabDown, labDown, labUp } from '../../lab/lab.ts';
import { showProgress } from '../../lab/progress.ts';
import { closeAll } from '../lab/kha.ts';
import { readyDisk } from '../lab/ready-hosts.ts';
import { faultKinds, faultNamed } from './faults/registry.ts';
import type { Outcome } from './outcome.ts';
import { runScenario } from './run-scenario.ts';
import { scenarioOf } from './scenario.ts';

const usage = `npm run test:chaos -- [--seed S] [--runs N] [--seeds S,…] [--fault NAME,…] [--report FILE]

Builds clusters on hosts of the lab while things break, and judges each in the end. Run i has the seed S+i, so that
\`--seed S+i --runs 1\` plays it again. Takes the lab down, before and after.

  --seed S       default: from the clock
  --runs N       default: 10
  --seeds S,…    these instead, a run each
  --fault NAMES  only these: ${faultKinds.map((kind) => kind.name).join(', ')}
  --report FILE  JSON lines, a run each; default: reports/chaos.jsonl
`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const root = fileURLToPath(new URL('../..', import.meta.url));

function options() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        runs: { type: 'string', default: '10' },
        seeds: { type: 'string' },
        fault: { type: 'string' },
        report: { type: 'string', default: join(root, 'reports/chaos.jsonl') },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    const whole = (flag: string, text: string): number => {
      if (/^\d+$/.test(text)) return Number(text);
      throw new Error(`${flag} ${text} is no whole number.`);
    };
    const faults = values.fault?.split(',') ?? [];
    for (const name of faults) faultNamed(name);
    const first = values.seed === undefined ? Math.floor(Date.now() / 1000) : whole('--seed', values.seed);
    return {
      seeds:
        values.seeds?.split(',').map((seed) => whole('--seeds', seed)) ??
        Array.from({ length: whole('--runs', values.runs) }, (_, i) => first + i),
      faults,
      report: values.report,
    };
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return process.exit(2);
  }
}

const { seeds, faults, report } = options();
demandLabDown();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say('stopping: the lab goes down');
    void (async () => {
      await closeAll();
      await labDown();
      process.exit(130);
    })();
  });
}
const outcomes: Outcome[] = [];
try {
  await prepareFaults(say);
  say('packages and images for hosts that start with them');
  const layer = await readyDisk();
  await labDown();
  await labUp(5, { progress: showProgress() });
  mkdirSync(join(report, '..'), { recursive: true });
  rmSync(report, { force: true });
  for (const [i, seed] of seeds.entries()) {
    const scenario = scenarioOf(seed, faults);
    say(
      `\nrun ${i + 1} of ${seeds.length}, seed ${scenario.seed}: ${scenario.masters} masters, ${scenario.workers} workers, ${scenario.isBare ? 'bare' : 'prepared'} hosts: ${scenario.faults.map((f) => f.fault).join(', ')}`,
    );
    const outcome = await runScenario(scenario, { layer, say: (line) => say(`  ${line}`) });
    outcomes.push(outcome);
    appendFileSync(report, `${JSON.stringify(outcome)}\n`);
    say(
      outcome.problems.length === 0
        ? `  ended well after ${outcome.seconds} s`
        : `  NOT WELL (seed ${outcome.seed}):\n${outcome.problems.map((p) => `    ${p}`).join('\n')}`,
    );
  }
} finally {
  await labDown();
}
const bad = outcomes.filter((outcome) => outcome.problems.length > 0);
const times = outcomes.map((outcome) => outcome.seconds).sort((a, b) => a - b);
const summary = {
  seeds,
  runs: outcomes.length,
  endedWell: outcomes.length - bad.length,
  badSeeds: bad.map((outcome) => outcome.seed),
  medianSeconds: times[Math.floor(times.length / 2)],
  longestSeconds: times.at(-1),
  operatorRetries: outcomes.reduce((sum, outcome) => sum + outcome.retries, 0),
};
writeFileSync(report.replace(/\.jsonl$/, '') + '-summary.json', `${JSON.stringify(summary, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
process.exitCode = bad.length === 0 ? 0 : 1;
