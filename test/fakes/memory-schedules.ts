import type { ScheduleState, Schedules } from '../../src/ports/schedules.ts';

/** Schedules in memory; `change` sets what only Temporal would. */
export function createMemorySchedules(now = 0): Schedules & {
  states: Map<string, ScheduleState>;
  calls: string[];
  change: (key: string, more: Partial<ScheduleState>) => void;
} {
  const states = new Map<string, ScheduleState>();
  const calls: string[] = [];
  const change = (key: string, more: Partial<ScheduleState>): void => {
    const state = states.get(key);
    if (!state) throw new Error(`no schedule ${key}`);
    states.set(key, { ...state, ...more });
  };
  return {
    states,
    calls,
    change,
    list: async (cluster) =>
      [...states.values()].filter(({ input }) => cluster === undefined || input.cluster === cluster),
    describe: async (cluster, name) => states.get(`${cluster}/${name}`),
    put: async (input, { paused, note } = {}) => {
      const key = `${input.cluster}/${input.name}`;
      calls.push(`put ${key}`);
      const before = states.get(key);
      states.set(key, {
        paused: before?.paused ?? false,
        next: [now + 3_600_000],
        recent: [],
        running: [],
        counts: { started: 0, missed: 0, skipped: 0 },
        createdAt: now,
        ...before,
        input,
        ...(paused ? { paused, next: [] } : {}),
        ...(note === undefined ? {} : { note }),
      });
    },
    pause: async (cluster, name, note) => change(`${cluster}/${name}`, { paused: true, note, next: [] }),
    resume: async (cluster, name, note) =>
      change(`${cluster}/${name}`, { paused: false, note, next: [now + 3_600_000] }),
    trigger: async (cluster, name) => void calls.push(`trigger ${cluster}/${name}`),
    delete: async (cluster, name) => {
      calls.push(`delete ${cluster}/${name}`);
      return states.delete(`${cluster}/${name}`);
    },
    cancelWaiting: async (cluster, name) => {
      calls.push(`cancel ${cluster}/${name ?? '*'}`);
      return name === undefined ? [] : [`kha/${cluster}/${name}-now`];
    },
    close: async () => undefined,
  };
}
