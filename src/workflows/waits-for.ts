import { APPROVAL_PREFIX } from '../graph/gate.ts';
import { isOver } from './board.ts';
import { PLAN_STEP, type Progress, type TaskView } from './protocol.ts';

/** What an operation waits for while nothing of it goes on. `repair`: something is parked. */
export interface Wait {
  kind: 'approval' | 'window' | 'repair';
  task: TaskView;
  /** ms since the epoch. */
  since?: number;
}

const kinds: Partial<Record<TaskView['state'], Wait['kind']>> = {
  asking: 'approval',
  holding: 'window',
  parked: 'repair',
};

/** None while something runs, or will by itself. */
export function waitsFor({ phase, stopping, tasks }: Progress): Wait[] {
  if (stopping) return [];
  // While a plan is made anew the tasks of the former one still stand there.
  if (phase === 'plan') return tasks.filter((t) => t.step === PLAN_STEP).flatMap(waitAt);
  if (phase !== 'tasks' && phase !== 'facts') return [];
  if (tasks.some((t) => t.state === 'running')) return [];
  const over = new Set(tasks.filter((t) => isOver(t.state)).map((t) => t.id));
  // While facts are read every host that waits for its turn will get it.
  const isReady = (t: TaskView): boolean => phase === 'facts' || t.needs.every((need) => over.has(need));
  if (tasks.some((t) => t.state === 'waiting' && isReady(t))) return [];
  return tasks.flatMap(waitAt);
}

/** Nothing can go on without a person. */
export function isStuck(progress: Progress): boolean {
  const waits = waitsFor(progress);
  return waits.length > 0 && waits.every((w) => w.kind !== 'window');
}

function waitAt(task: TaskView): Wait[] {
  // A gate that nobody decided on in time is parked, and waits for the same word.
  const kind = task.state === 'parked' && task.gate ? 'approval' : kinds[task.state];
  if (!kind) return [];
  const since = task.state === 'parked' && !task.gate ? task.endedAt : task.startedAt;
  return [{ kind, task, ...(since === undefined ? {} : { since }) }];
}

/** `waits for approval of each-master/m2 since 2026-11-27T07:12Z`; undefined where it waits for nothing. */
export function waitText(waits: readonly Wait[], { times = true } = {}): string | undefined {
  const of = (kind: Wait['kind']): Wait[] => waits.filter((w) => w.kind === kind);
  const [approvals, windows, repairs] = [of('approval'), of('window'), of('repair')];
  const since = (some: readonly Wait[]): string => timeText('since', times ? some.map((w) => w.since) : []);
  const until = timeText('until', times ? windows.map((w) => w.task.gate?.until) : []);
  const parts = [
    ...(approvals.length > 0
      ? [`approval of ${fewNames(approvals.map((w) => gateName(w.task.id)))}${since(approvals)}`]
      : []),
    ...(windows.length > 0 ? [`the window of ${fewNames([...new Set(windows.flatMap(hostsOf))])}${until}`] : []),
    ...(repairs.length > 0 ? [`the repair of ${fewNames(repairs.map((w) => w.task.id))}${since(repairs)}`] : []),
  ];
  return parts.length === 0 ? undefined : `waits for ${parts.join(', and for ')}`;
}

/** A gate as people call it: without what the ids of approvals begin with. */
export const gateName = (id: string): string =>
  id.startsWith(APPROVAL_PREFIX) ? id.slice(APPROVAL_PREFIX.length) : id;

const hostsOf = ({ task }: Wait): string[] => task.gate?.hosts ?? [task.host];

/** All of three names, of more the first two. */
export const fewNames = (all: readonly string[]): string =>
  all.length > 3 ? `${all.slice(0, 2).join(', ')} and ${all.length - 2} more` : all.join(', ');

/** The earliest of some times, to the minute. */
function timeText(word: string, times: readonly (number | undefined)[]): string {
  const known = times.filter((t) => t !== undefined);
  return known.length === 0 ? '' : ` ${word} ${new Date(Math.min(...known)).toISOString().slice(0, 16)}Z`;
}
