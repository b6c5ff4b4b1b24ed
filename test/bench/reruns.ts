import type { Kha } from '../lab/kha.ts';
import { median, round, seconds } from './numbers.ts';
import { operate } from './operate.ts';
import { cpuMs, rssMiB } from './worker-usage.ts';

/** Memory settles within the first runs: code is compiled, caches fill. */
const SETTLING = 0.2;

/** Many re-runs by one worker: does its memory stay where it is? Compared are the first and the last third after settling. */
export async function measureReruns(kha: Kha, count: number, say: (line: string) => void) {
  const memory: number[] = [];
  const walls: number[] = [];
  const cpuPerTask: number[] = [];
  const pid = kha.workerPid();
  for (let i = 1; i <= count; i++) {
    const cpuBefore = cpuMs(pid);
    const { wallMs, progress } = await operate(kha, 'init-cluster', '--cluster', 'demo');
    cpuPerTask.push((cpuMs(pid) - cpuBefore) / progress.tasks.filter((t) => t.state !== 'skipped').length);
    memory.push(rssMiB(pid));
    walls.push(wallMs);
    say(`re-run ${i} of ${count}: ${seconds(wallMs)} s, worker ${round(memory.at(-1) ?? 0)} MiB`);
  }
  const settled = memory.slice(Math.floor(count * SETTLING));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const [first, last] = [median(settled.slice(0, third)), median(settled.slice(-third))];
  return {
    count,
    wallSecondsMedian: seconds(median(walls)),
    wallSecondsMost: seconds(Math.max(...walls)),
    workerCpuMsPerTaskMedian: round(median(cpuPerTask), 1),
    rssMiB: memory.map((m) => round(m)),
    settledMiB: round(first),
    endMiB: round(last),
    growth: round(last / first - 1, 3),
    aimGrowth: 0.1,
  };
}
