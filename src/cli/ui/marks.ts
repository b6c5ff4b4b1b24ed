import type { Phase, Progress, TaskState, TaskView } from '../../workflows/protocol.ts';
import type { Style } from '../colour.ts';

export const marks: Record<TaskState, { mark: string; style: Style; word: string }> = {
  waiting: { mark: '·', style: 'dim', word: 'waiting' },
  running: { mark: '▶', style: 'cyan', word: 'running' },
  changed: { mark: '✔', style: 'green', word: 'changed' },
  unchanged: { mark: '=', style: 'green', word: 'unchanged' },
  skipped: { mark: '–', style: 'dim', word: 'skipped' },
  parked: { mark: '!', style: 'yellow', word: 'parked' },
  asking: { mark: '?', style: 'yellow', word: 'waits for approval' },
  holding: { mark: '~', style: 'cyan', word: 'held until its window' },
};

const phases: Record<Phase, string> = {
  facts: 'reading the hosts',
  plan: 'checking and planning',
  tasks: 'working',
  restore: 'ending, puts back what was taken away',
  tidy: 'tidying up',
  done: 'done',
  aborted: 'aborted',
};

export const phaseText = ({ phase, stopping }: Progress): string =>
  stopping && phase !== 'aborted' && phase !== 'done' ? `${phases[phase]}, stops after what runs now` : phases[phase];

export const isOver = (state: TaskState): boolean =>
  state === 'changed' || state === 'unchanged' || state === 'skipped';

export interface HostView {
  host: string;
  tasks: TaskView[];
  done: number;
  state: 'parked' | 'asking' | 'running' | 'waiting' | 'done';
}

/** Tasks by host, hosts in the order in which they first appear. */
export function hostsOf(tasks: readonly TaskView[]): HostView[] {
  const byHost = new Map<string, TaskView[]>();
  for (const task of tasks) {
    const list = byHost.get(task.host);
    if (list) list.push(task);
    else byHost.set(task.host, [task]);
  }
  return [...byHost].map(([host, list]) => {
    const has = (state: TaskState): boolean => list.some((t) => t.state === state);
    const done = list.filter((t) => isOver(t.state)).length;
    const state = has('parked')
      ? 'parked'
      : has('asking')
        ? 'asking'
        : has('running') || has('holding')
          ? 'running'
          : done === list.length
            ? 'done'
            : 'waiting';
    return { host, tasks: list, done, state };
  });
}

/** Nothing can go on without a person: something is parked or asks, and nothing runs or waits for a time that could still finish. */
export function isStuck(progress: Progress): boolean {
  if (progress.stopping || (progress.phase !== 'tasks' && progress.phase !== 'facts')) return false;
  const has = (state: TaskState): boolean => progress.tasks.some((t) => t.state === state);
  return (
    (has('parked') || has('asking')) &&
    !has('running') &&
    !has('holding') &&
    !progress.tasks.some((t) => t.state === 'waiting' && isReady(t, progress))
  );
}

function isReady(task: TaskView, progress: Progress): boolean {
  // While facts are read every host that waits for its turn will get it.
  if (progress.phase === 'facts') return true;
  return task.needs.every((need) => progress.tasks.some((t) => t.id === need && isOver(t.state)));
}

export function counts(tasks: readonly TaskView[]): Record<TaskState, number> {
  const all: Record<TaskState, number> = {
    waiting: 0,
    running: 0,
    changed: 0,
    unchanged: 0,
    skipped: 0,
    parked: 0,
    asking: 0,
    holding: 0,
  };
  for (const task of tasks) all[task.state]++;
  return all;
}
