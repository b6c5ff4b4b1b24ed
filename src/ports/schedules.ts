import type { OperationState } from './operations.ts';
import type { ScheduledInput } from '../workflows/protocol.ts';

/** One time that a schedule came due, and the workflow that it started. */
export interface ScheduledRun {
  /** When it was due, ms since the epoch. */
  at: number;
  workflowId: string;
  runId: string;
  /** What became of it, where that was asked for; `waiting`: for another operation. */
  state?: OperationState;
  /** Why it failed. */
  reason?: string;
}

/** A schedule as Temporal keeps it. */
export interface ScheduleState {
  /** What its runs get. */
  input: ScheduledInput;
  paused: boolean;
  /** Why it is paused, or was resumed. */
  note?: string;
  /** The next times, ms since the epoch; none: it is paused or never comes due again. */
  next: number[];
  /** The latest first. */
  recent: ScheduledRun[];
  /** Runs that are not over. */
  running: ScheduledRun[];
  counts: { started: number; missed: number; skipped: number };
  createdAt: number;
  updatedAt?: number;
}

/**
 * The schedules that Temporal keeps. A cluster and a name make one. Throws KhaError as `Operations` does, and KHA1041 for a cron expression
 * or time zone that Temporal refuses.
 */
export interface Schedules {
  /** By cluster and name. */
  list(cluster?: string): Promise<ScheduleState[]>;
  /** With the states of its runs. */
  describe(cluster: string, name: string): Promise<ScheduleState | undefined>;
  /** Makes it, or changes the one of that name; whether that is paused stays as it is. */
  put(input: ScheduledInput, options?: { paused?: boolean; note?: string }): Promise<void>;
  pause(cluster: string, name: string, note: string): Promise<void>;
  resume(cluster: string, name: string, note: string): Promise<void>;
  /** Now, as if it were due. */
  trigger(cluster: string, name: string): Promise<void>;
  /** Forgets it. Returns false where there was none. */
  delete(cluster: string, name: string): Promise<boolean>;
  /** Ends its runs, or those of all schedules of the cluster, that still wait for their turn. Returns their workflow ids. */
  cancelWaiting(cluster: string, name?: string): Promise<string[]>;
  close(): Promise<void>;
}
