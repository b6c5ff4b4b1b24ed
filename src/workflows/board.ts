import { briefly } from '../formats/labelled-lines.ts';
import type { Gate } from '../graph/gate.ts';
import type { Task } from '../graph/task.ts';
import type { GateView, TaskState, TaskView } from './protocol.ts';

/** The states of tasks, as queries and the Web UI show them. */
export interface Board {
  view: (id: string) => TaskView;
  all: () => TaskView[];
  add: (tasks: readonly Task[]) => void;
  set: (
    id: string,
    state: TaskState,
    more?: Partial<Pick<TaskView, 'detail' | 'warnings' | 'failure' | 'round' | 'startedAt' | 'gate'>>,
  ) => void;
  /** Takes over what a child reported. */
  take: (views: readonly TaskView[]) => void;
  forget: (keep: (view: TaskView) => boolean) => void;
}

export function createBoard(now: () => number): Board {
  const views = new Map<string, TaskView>();
  const view = (id: string): TaskView => {
    const found = views.get(id);
    if (!found) throw new Error(`no task ${id}`);
    return found;
  };
  return {
    view,
    all: () => [...views.values()],
    add: (tasks) => {
      for (const t of tasks) {
        const base: TaskView = {
          id: t.id,
          step: t.step,
          host: t.host,
          title: t.title,
          needs: t.needs,
          state: 'waiting',
          round: 0,
          ...(t.vital ? { vital: true as const } : {}),
          ...(t.gate ? { gate: gateView(t.gate) } : {}),
        };
        views.set(t.id, t.skip ? { ...base, state: 'skipped', detail: t.skip } : base);
      }
    },
    set: (id, state, more = {}) => {
      const { failure: _, warnings: __, ...old } = view(id);
      const next: TaskView = { ...old, ...more, state };
      if (state === 'running') next.startedAt = now();
      else if (state === 'asking' || state === 'holding') next.startedAt ??= now();
      else if (state !== 'waiting') next.endedAt = now();
      views.set(id, next);
    },
    take: (list) => {
      for (const v of list) views.set(v.id, v);
    },
    forget: (keep) => {
      for (const v of views.values()) if (!keep(v)) views.delete(v.id);
    },
  };
}

const gateView = ({ kind, hosts, what, why, ...gate }: Gate): GateView => ({
  kind,
  hosts,
  what,
  why,
  ...('outcome' in gate && gate.expiresSeconds !== undefined ? { outcome: gate.outcome } : {}),
  ...('tells' in gate ? { tells: true as const } : {}),
  ...('windows' in gate ? { windows: gate.windows } : {}),
});

export const isOver = (state: TaskState): boolean =>
  state === 'changed' || state === 'unchanged' || state === 'skipped';

/** Tasks whose failure is told whole; Temporal takes 4 MB an answer. */
const WHOLE = 30;

/** The views for an answer: of very many failures the first are told whole, of the others the ends. */
export function bounded(views: readonly TaskView[]): TaskView[] {
  let parked = 0;
  return views.map((view) => {
    if (!view.failure || ++parked <= WHOLE) return view;
    return { ...view, failure: { ...view.failure, lastLines: briefly(view.failure.lastLines, 2).slice(-6) } };
  });
}
