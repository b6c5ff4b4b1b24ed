import { setTimeout as pause } from 'node:timers/promises';
import { labDown } from '../../lab/lab.ts';
import { createKha, freshHosts, type Kha, writeClusterFile } from '../lab/kha.ts';
import { median, seconds } from './numbers.ts';
import { readHistories } from './worker-starts.ts';

const kinds = ['worker', 'everything'] as const;
type Kind = (typeof kinds)[number];

const AIM_SECONDS = { worker: 10, everything: 20 } satisfies Record<Kind, number>;
const AIM_EXTRA_SECONDS = 15;

interface Kill {
  kind: Kind;
  /** ms after the start of the operation. */
  afterMs: number;
}

interface Measured {
  wallMs: number;
  /** From the start of the new `kha server` to the first activity that its worker started. */
  resumeMs?: number;
}

/**
 * init-cluster of one master and one worker on bare hosts, in turns undisturbed and with one kill -9, at moments spread evenly
 * over the undisturbed time. What was killed is started again at once. Wall time is Temporal's: from the start of the operation to
 * its end.
 */
export async function measureKills(each: number, say: (line: string) => void) {
  const undisturbed: number[] = [];
  const kills: (Measured & Kill)[] = [];
  for (let i = 0; i < each; i++) {
    undisturbed.push((await runWith(undefined)).wallMs);
    say(`without a kill: ${seconds(undisturbed.at(-1) ?? 0)} s`);
    for (const kind of kinds) {
      const afterMs = (median(undisturbed) * (i + 0.5)) / each;
      const measured = await runWith({ kind, afterMs });
      kills.push({ ...measured, kind, afterMs });
      const resume =
        measured.resumeMs === undefined ? 'nothing was left to do' : `goes on after ${seconds(measured.resumeMs)} s`;
      say(`${kind} killed after ${seconds(afterMs)} s: ${resume}, ${seconds(measured.wallMs)} s in all`);
    }
  }
  const normal = median(undisturbed);
  const extra = (kill: Measured): number => kill.wallMs - normal;
  const of = (kind: Kind) => {
    const resumes = kills.flatMap((k) => (k.kind === kind && k.resumeMs !== undefined ? [k.resumeMs] : []));
    return {
      resumeSecondsMedian: seconds(median(resumes)),
      resumeSecondsMost: seconds(Math.max(...resumes)),
      aimResumeSeconds: AIM_SECONDS[kind],
      extraSecondsMedian: seconds(median(kills.filter((k) => k.kind === kind).map(extra))),
    };
  };
  return {
    undisturbedSeconds: undisturbed.map((ms) => seconds(ms)),
    kills: kills.map((k) => ({
      kind: k.kind,
      afterSeconds: seconds(k.afterMs),
      resumeSeconds: k.resumeMs === undefined ? null : seconds(k.resumeMs),
      extraSeconds: seconds(extra(k)),
    })),
    worker: of('worker'),
    everything: of('everything'),
    extraSecondsMedian: seconds(median(kills.map(extra))),
    aimExtraSeconds: AIM_EXTRA_SECONDS,
  };
}

async function runWith(kill: Kill | undefined): Promise<Measured> {
  const hosts = await freshHosts(2);
  const kha = await createKha();
  try {
    const file = writeClusterFile(kha, { hosts, masters: 1, workers: 1 });
    await kha.serve();
    const command = kha.run('start-workflow', 'init-cluster', '-f', file);
    let again: { pid: number; at: number } | undefined;
    if (kill) {
      await pause(kill.afterMs);
      again = await killAndServe(kha, kill.kind);
    }
    const { code, stderr } = kill?.kind === 'everything' ? await kha.run('status', 'demo', '-w') : await command;
    if (code !== 0) throw new Error(`init-cluster ended with exit code ${code}: ${stderr}`);
    const { startedAt, endedAt, starts } = await readHistories(kha.home);
    const wallMs = endedAt - startedAt;
    const first = again && starts.get(again.pid)?.reduce((a, b) => Math.min(a, b));
    return again && first !== undefined ? { wallMs, resumeMs: first - again.at } : { wallMs };
  } finally {
    await kha.close();
    await labDown();
  }
}

async function killAndServe(kha: Kha, kind: Kind): Promise<{ pid: number; at: number }> {
  if (kind === 'worker') await kha.killWorker();
  else {
    await kha.killServer();
    kha.killCommands();
  }
  const at = Date.now();
  await kha.serve();
  return { pid: kha.workerPid(), at };
}
