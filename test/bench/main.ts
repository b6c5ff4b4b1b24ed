import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demandLabDown, labDown, labUp } from '../../lab/lab.ts';
import { showProgress } from '../../lab/progress.ts';
import type { RemoteCommand } from '../../src/ports/store.ts';
import type { Progress } from '../../src/workflows/protocol.ts';
import { createKha, type Kha, writeClusterFile } from '../lab/kha.ts';
import { criticalPath } from './critical-path.ts';

// Figures of this machine in this run; ratios travel, milliseconds do not.

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Commands of a run as the store has them: one JSON line each. */
function commandsOf(kha: Kha, run: string): RemoteCommand[] {
  const directory = join(kha.home, 'store/logs', run);
  return readdirSync(directory).flatMap((name) =>
    readFileSync(join(directory, name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as RemoteCommand),
  );
}

interface Run {
  startedAt: number;
  wallMs: number;
  progress: Progress;
  commands: RemoteCommand[];
}

async function operate(kha: Kha, ...args: string[]): Promise<Run> {
  const before = new Set(runs(kha));
  const startedAt = Date.now();
  const started = performance.now();
  await kha.ok('start-workflow', 'init-cluster', ...args);
  const wallMs = performance.now() - started;
  const run = runs(kha).find((r) => !before.has(r));
  if (run === undefined) throw new Error('the run left no log');
  const status = JSON.parse(await kha.ok('status', 'demo', '-o', 'json')) as Progress;
  return { startedAt, wallMs, progress: status, commands: commandsOf(kha, run) };
}

const runs = (kha: Kha): string[] => {
  try {
    return readdirSync(join(kha.home, 'store/logs'));
  } catch {
    return [];
  }
};

/** Median of several starts. */
function helpMs(): number {
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), '--help']);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return times[4] ?? 0;
}

/** What starting Node itself takes: the part of `kha --help` that is not kha. */
function nodeMs(): number {
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return times[4] ?? 0;
}

const round = (n: number, digits = 0): number => Number(n.toFixed(digits));

if (process.argv.length > 2) {
  say(
    'npm run bench: figures of init-cluster on five hosts of the lab, and of a second run; JSON to reports/bench.json',
  );
  process.exit(process.argv.includes('--help') ? 0 : 2);
}
demandLabDown();
const kha = await createKha();
try {
  say('five bare hosts');
  await labDown();
  const hosts = await labUp(5, { progress: showProgress() });
  const help = helpMs();
  const node = nodeMs();
  const file = writeClusterFile(kha, { hosts, masters: 3, workers: 2 });
  await kha.serve();

  say('init-cluster of 3 masters and 2 workers');
  const init = await operate(kha, '-f', file);
  const path = criticalPath(init.progress.tasks, init.commands, {
    from: init.startedAt,
    to: init.startedAt + init.wallMs,
  });
  say('again, on the converged cluster');
  const again = await operate(kha, '--cluster', 'demo');
  const steps = new Set(again.progress.tasks.map((t) => t.step)).size;
  const perHost = hosts.map((_, i) => {
    const name = i < 3 ? `m${i + 1}` : `w${i - 2}`;
    return {
      host: name,
      tasks: again.progress.tasks.filter((t) => t.host === name).length,
      roundTrips: again.commands.filter((c) => c.host === name).length,
    };
  });

  const report = {
    machine: { cpus: cpus().length, memoryMiB: round(totalmem() / 2 ** 20), node: process.version },
    init: {
      wallSeconds: round(init.wallMs / 1000, 1),
      criticalPathSeconds: round(path.ms / 1000, 1),
      ratio: round(init.wallMs / path.ms, 3),
      aim: 1.1,
      path: path.tasks.map((t) => ({
        task: t.id,
        seconds: round(t.ms / 1000, 2),
        waitedBefore: round(t.before / 1000, 2),
        idleWithin: round(t.idle / 1000, 2),
      })),
      afterSeconds: round(path.after / 1000, 2),
    },
    again: {
      wallSeconds: round(again.wallMs / 1000, 1),
      aimSeconds: 10,
      steps,
      perHost,
      maxRoundTripsPerHost: Math.max(...perHost.map((h) => h.roundTrips)),
      aimRoundTripsPerHost: 2 * steps,
      changed: again.progress.tasks.filter((t) => t.state === 'changed').length,
    },
    help: { medianMs: round(help), nodeAloneMs: round(node), aimMs: 150 },
  };
  mkdirSync(join(root, 'reports'), { recursive: true });
  writeFileSync(join(root, 'reports/bench.json'), `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  say('written to reports/bench.json');
} finally {
  await kha.close();
  await labDown();
}
