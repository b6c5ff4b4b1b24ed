import type { Effect } from '../../../src/graph/effects/registry.ts';
import type { ActivityName, Task } from '../../../src/graph/task.ts';
import type { Dice } from './dice.ts';
import type { Drive } from './drive.ts';
import { mortalPorts } from './mortal-ports.ts';
import { killsOf, orderKills } from './saboteur.ts';

/** How hard the killer is. */
export interface Killing {
  roll: Dice;
  /** Kill before every command of every effect; else before the first of each, and before one in this many of the others. */
  every: true | number;
  /** Kills by time in each effect that takes long. */
  timed: number;
  /** Kills in each job of an activity of its own, at the worst moments first. */
  moments: number;
  /** Deaths of the worker in each task. */
  deaths: number;
}

export interface Killed {
  /** Where its jobs were killed; see saboteur. */
  kills: string[];
  /** How often the worker died. */
  deaths: number;
  /** Calls of hosts and writes to the store that its last worker made. */
  calls: number;
}

/** Effects that are one long command, and for how many seconds. */
const long: Partial<Record<Effect['kind'], number>> = { package: 4, image: 2, service: 1, wait: 3 };

interface OwnJob {
  /** End of its name. */
  part?: string;
  /** When to kill it: as soon as there is such a file, or after that many seconds. */
  moments: (string | number)[];
}

const [kubelet, bootstrap] = ['/etc/kubernetes/kubelet.conf', '/etc/kubernetes/bootstrap-kubelet.conf'];
const apiServer = '/etc/kubernetes/manifests/kube-apiserver.yaml';

/**
 * The remote job of an activity of its own. `undefined`: all that it does it does in its worker, so that only the worker's
 * death is of interest. A new activity has to say.
 */
const jobs: Record<Exclude<ActivityName, 'applyEffects'>, OwnJob | undefined> = {
  lookBeforeGate: undefined,
  createAuthorities: undefined,
  issueCertificates: { moments: [] },
  certifyAddress: { moments: [] },
  // Its jobs are named after what they approve: test/long/serving-requests.test.ts.
  approveServingRequests: undefined,
  renewCertificates: { moments: [] },
  restartReaders: undefined,
  restartKubelet: { moments: [] },
  makeNewAuthorities: undefined,
  trustNewAuthorities: undefined,
  signWithNewAuthorities: undefined,
  retireOldAuthorities: undefined,
  tellAuthorities: undefined,
  endRotation: undefined,
  checkEndpoint: undefined,
  checkEtcd: undefined,
  // Half an init: kubelet has its file and no API server is there; then one that has just been started.
  initFirstMaster: { part: 'init', moments: [kubelet, apiServer, 6, 0.5] },
  // Before the node can have joined; when it has, and is not marked; with nothing but the manifests.
  joinMaster: { part: 'join', moments: [bootstrap, kubelet, apiServer, 4] },
  joinWorker: { part: 'join', moments: [kubelet, bootstrap, 0.5] },
  checkHealth: undefined,
  keepSchedules: undefined,
  // They speak to a master about a host that leaves.
  drainNode: undefined,
  uncordonNode: undefined,
  deleteNode: undefined,
  checkRedundancy: undefined,
  // Its job ends with the host: test/lab/maintenance.test.ts.
  rebootHost: undefined,
  bootKernel: undefined,
  checkReturn: undefined,
  settle: undefined,
  joinEtcd: { moments: [] },
  leaveEtcd: undefined,
  confirmEtcdLost: undefined,
  recoverEtcd: { moments: [] },
  rejoinEtcd: { moments: [] },
};

const jobOf = (drive: Drive, task: Task): { id: string; moments: (string | number)[] } | undefined => {
  const id = `${drive.cluster.name}.${task.step}.${task.host}`;
  if (task.activity === 'applyEffects') return { id, moments: [] };
  const job = jobs[task.activity];
  return job && { id: job.part === undefined ? id : `${id}.${job.part}`, moments: job.moments };
};

function ordersFor(drive: Drive, task: Task, own: (string | number)[], killing: Killing): string[] {
  const { roll, timed, moments } = killing;
  // The files of certificates are many and alike, and each new attempt draws new keys.
  const isOwn = task.activity !== 'applyEffects';
  const word = isOwn ? 'rare' : 'some';
  const every = isOwn && killing.every !== true ? 8 * killing.every : killing.every;
  return [
    every === true ? 'all' : `${word} ${Math.floor(roll(task.id) * 1e6)} ${every}`,
    ...own.slice(0, moments).map((m) => (typeof m === 'number' ? `after - ${m}` : `seen - ${m}`)),
    ...drive.effectsOf(task).flatMap((effect, i) => {
      const most = long[effect.kind];
      const throws = most === undefined ? [] : Array.from({ length: timed }, (_, k) => most * roll(task.id, i, k));
      const worst = effect.kind === 'package' ? [`unpacked ${i} -`] : [];
      return [...worst, ...throws.map((seconds) => `after ${i} ${(0.05 + seconds).toFixed(2)}`)];
    }),
  ];
}

/** How often a task may fail in a row without anybody having killed anything. */
const PATIENCE = 5;

/** Lab host of a host of the cluster. */
export type LabNameOf = (host: string) => string;

/** Applies a task on a host where its jobs are killed one after another, by a worker that dies again and again, until it is done. */
export async function applyKilled(drive: Drive, task: Task, killing: Killing, labName: LabNameOf): Promise<Killed> {
  const host = labName(task.host);
  const job = jobOf(drive, task);
  if (job) await orderKills(host, job.id, ordersFor(drive, task, job.moments, killing));
  const kills = async (): Promise<string[]> => (job ? killsOf(host, job.id) : []);
  let deaths = 0;
  let known = 0;
  const round = Date.now();
  for (let attempt = 0, failures = 0; ; attempt++) {
    const { roll } = killing;
    let calls = 0;
    const isFirst = attempt === 0;
    const fatal = attempt >= killing.deaths ? 0 : isFirst ? 2 : 1 + Math.floor(roll(task.id, 'call', attempt) * 6);
    const { ports, isDead } = mortalPorts(drive.ports, {
      // Each task has two calls; else within a call: what it asked for may have been done, and nobody hears of it.
      onCall: (count, die) => {
        calls = count;
        if (count !== fatal) return;
        if (isFirst) die();
        else setTimeout(die, 150 * roll(task.id, 'moment', attempt));
      },
    });
    try {
      // Five attempts make a round, after which an operator says retry.
      await drive.attempt(task, { ports, attempt: 1 + (attempt % 5), issuedAt: round + Math.floor(attempt / 5) });
      return { kills: await kills(), deaths, calls };
    } catch (error) {
      const now = (await kills()).length;
      failures = isDead() || now > known ? 0 : failures + 1;
      if (isDead()) deaths++;
      known = now;
      if (failures >= PATIENCE) throw error;
    }
  }
}
