import { isOver } from '../../workflows/board.ts';
import type { Phase, Progress, TaskState, TaskView } from '../../workflows/protocol.ts';
import { waitsFor, waitText } from '../../workflows/waits-for.ts';
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

/** What it does, or what it waits for; `times`: also since when. */
export function phaseText(progress: Progress, options?: { times: boolean }): string {
  const { phase, stopping } = progress;
  if (stopping && phase !== 'aborted' && phase !== 'done') return `${phases[phase]}, stops after what runs now`;
  return waitText(waitsFor(progress), options) ?? phases[phase];
}

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
