import { connectTemporal } from '../../src/adapters/temporal-client.ts';
import { findHome } from '../../src/home.ts';

type Time = { seconds?: { toString(): string } | null; nanos?: number | null } | null | undefined;

const msOf = (time: Time): number => Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;

/** What the histories of a Temporal tell once an operation is over. All in ms since the epoch. */
export interface Told {
  /** Of the operation. */
  startedAt: number;
  endedAt: number;
  /** Starts of activities, by the process id of the worker. */
  starts: Map<number, number[]>;
}

/** Reads the histories of the one operation of a home, and of its lanes. Temporal must run. */
export async function readHistories(home: string): Promise<Told> {
  const env = { KHA_HOME: home };
  const temporal = await connectTemporal(findHome(env), env);
  const told: Told = { startedAt: Number.NaN, endedAt: Number.NaN, starts: new Map() };
  try {
    for await (const { workflowId, runId, parentExecution } of temporal.client.workflow.list()) {
      const { events } = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
      if (!parentExecution)
        [told.startedAt, told.endedAt] = [msOf(events?.[0]?.eventTime), msOf(events?.at(-1)?.eventTime)];
      for (const { activityTaskStartedEventAttributes: started, eventTime } of events ?? []) {
        // Identities are `<pid>@<host>` or begin so.
        const pid = Number(/^\d+/.exec(started?.identity ?? '')?.[0]);
        if (started) told.starts.set(pid, [...(told.starts.get(pid) ?? []), msOf(eventTime)]);
      }
    }
    return told;
  } finally {
    await temporal.close();
  }
}
