import type { Kha } from '../lab/kha.ts';
import { criticalPath } from './critical-path.ts';
import { round, seconds } from './numbers.ts';
import { operate } from './operate.ts';
import { cpuMs } from './worker-usage.ts';

/** init-cluster on bare hosts: how much of its time the hosts needed. */
export async function measureInit(kha: Kha, file: string) {
  const cpuBefore = cpuMs(kha.workerPid());
  const init = await operate(kha, 'init-cluster', '-f', file);
  const cpu = cpuMs(kha.workerPid()) - cpuBefore;
  const path = criticalPath(init.progress.tasks, init.commands, {
    from: init.startedAt,
    to: init.startedAt + init.wallMs,
  });
  return {
    wallSeconds: seconds(init.wallMs),
    criticalPathSeconds: seconds(path.ms),
    ratio: round(init.wallMs / path.ms, 3),
    aim: 1.1,
    workerCpuSeconds: seconds(cpu),
    tasks: init.progress.tasks.length,
    path: path.tasks.map((t) => ({
      task: t.id,
      seconds: seconds(t.ms, 2),
      waitedBefore: seconds(t.before, 2),
      idleWithin: seconds(t.idle, 2),
    })),
    afterSeconds: seconds(path.after, 2),
  };
}
