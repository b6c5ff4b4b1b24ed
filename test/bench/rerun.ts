import type { Kha } from '../lab/kha.ts';
import { round, seconds } from './numbers.ts';
import { operate } from './operate.ts';
import { cpuMs } from './worker-usage.ts';

/**
 * init-cluster once more, on a cluster that needs nothing.
 *
 * CPU per task: all that the process of worker, codec endpoint and server's keeper used from the start of the command to its end,
 * by the number of tasks that were not skipped. Tasks are steps on hosts; gathering facts, planning and tidying are in the
 * time, not in the number. Temporal and the command line are processes of their own and not in it.
 */
export async function measureRerun(kha: Kha) {
  const cpuBefore = cpuMs(kha.workerPid());
  const again = await operate(kha, 'init-cluster', '--cluster', 'demo');
  const cpu = cpuMs(kha.workerPid()) - cpuBefore;
  const { tasks } = again.progress;
  const done = tasks.filter((t) => t.state !== 'skipped').length;
  const steps = new Set(tasks.map((t) => t.step)).size;
  const perHost = [...new Set(tasks.map((t) => t.host))].map((host) => ({
    host,
    tasks: tasks.filter((t) => t.host === host).length,
    roundTrips: again.commands.filter((c) => c.host === host).length,
  }));
  return {
    wallSeconds: seconds(again.wallMs),
    aimSeconds: 10,
    steps,
    perHost,
    maxRoundTripsPerHost: Math.max(...perHost.map((h) => h.roundTrips)),
    aimRoundTripsPerHost: 2 * steps,
    changed: tasks.filter((t) => t.state === 'changed').length,
    tasks: done,
    workerCpuMs: round(cpu),
    workerCpuMsPerTask: round(cpu / done, 1),
    aimWorkerCpuMsPerTask: 15,
  };
}
