import type { Progress, TaskState, TaskView } from '../../../src/workflows/protocol.ts';

export const T0 = Date.UTC(2026, 10, 23, 14, 0, 0);

const titles: Record<string, string> = {
  'gather-facts': 'Read the facts of the host',
  'base-system': 'Prepare the base system',
  'install-packages': 'Install kubeadm, kubelet and kubectl',
  'init-first-master': 'Initialise the first master',
  'join-master': 'Join the other masters',
  'join-worker': 'Join the workers',
};

interface Row {
  step: string;
  host: string;
  state: TaskState;
  needs?: string[];
  from?: number;
  to?: number;
  detail?: string;
}

const view = ({ step, host, state, needs = [], from, to, detail }: Row): TaskView => ({
  id: `${step}/${host}`,
  step,
  host,
  title: titles[step] ?? step,
  state,
  needs,
  round: 0,
  ...(from === undefined ? {} : { startedAt: T0 + from * 1000 }),
  ...(to === undefined ? {} : { endedAt: T0 + to * 1000 }),
  ...(detail === undefined ? {} : { detail }),
});

/** A run in its middle: m1 initialises, m2 waits for it, w1 is parked, w2 is nearly done. */
export const inTheMiddle: Progress = {
  operation: 'init-cluster',
  cluster: 'demo',
  phase: 'tasks',
  stopping: false,
  startedAt: T0,
  planDigest: 'ab12'.repeat(16),
  lanes: [],
  said: [],
  tasks: [
    view({
      step: 'base-system',
      host: 'm1',
      state: 'changed',
      from: 2,
      to: 11,
      detail: '12 files, 3 sysctls, swap off',
    }),
    view({
      step: 'install-packages',
      host: 'm1',
      state: 'changed',
      from: 11,
      to: 40,
      needs: ['base-system/m1'],
      detail: '6 packages',
    }),
    view({
      step: 'init-first-master',
      host: 'm1',
      state: 'running',
      from: 41,
      needs: ['install-packages/m1'],
      detail: 'kubeadm init: waiting for the API server',
    }),
    view({ step: 'base-system', host: 'm2', state: 'unchanged', from: 2, to: 2.4 }),
    view({ step: 'install-packages', host: 'm2', state: 'unchanged', from: 2.4, to: 3, needs: ['base-system/m2'] }),
    view({ step: 'join-master', host: 'm2', state: 'waiting', needs: ['init-first-master/m1', 'install-packages/m2'] }),
    view({ step: 'base-system', host: 'w1', state: 'changed', from: 2, to: 14 }),
    {
      ...view({ step: 'install-packages', host: 'w1', state: 'parked', from: 14, to: 52, needs: ['base-system/w1'] }),
      failure: {
        message: 'apt-get ended with exit code 100 while it installed kubelet=1.37.9-1.1',
        code: 'KHA3101',
        blame: 'host',
        hint: 'Correct kubernetes.version in the cluster file, then: kha retry demo -f cluster.yaml',
        where: 'install-packages/w1',
        lastLines: ['Reading package lists...', "E: Version '1.37.9-1.1' for 'kubelet' was not found"],
      },
    },
    view({ step: 'join-worker', host: 'w1', state: 'waiting', needs: ['init-first-master/m1', 'install-packages/w1'] }),
    view({ step: 'base-system', host: 'w2', state: 'skipped', detail: 'done by the image of the machine' }),
    view({ step: 'install-packages', host: 'w2', state: 'changed', from: 3, to: 33 }),
    view({ step: 'join-worker', host: 'w2', state: 'waiting', needs: ['init-first-master/m1', 'install-packages/w2'] }),
  ],
};

/** Hosts w1 … wn with two tasks each; every seventh is parked, every third is done. */
export function manyHosts(n: number): Progress {
  const tasks = Array.from({ length: n }, (_, i) => {
    const host = `w${i + 1}`;
    const state: TaskState = i % 7 === 3 ? 'parked' : i % 3 === 0 ? 'changed' : 'running';
    return [
      view({ step: 'base-system', host, state: 'changed', from: 0, to: 5 }),
      view({ step: 'install-packages', host, state, from: 5, ...(state === 'running' ? {} : { to: 9 + i }) }),
    ];
  }).flat();
  return { ...inTheMiddle, tasks };
}
