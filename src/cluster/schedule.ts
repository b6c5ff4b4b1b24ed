import type { Renewal } from './renewal.ts';
import { DURATION_FORM, formatDuration, parseDuration } from '../formats/duration.ts';

export const OVERLAPS = ['skip', 'buffer-one', 'buffer-all'] as const;
/** What becomes of a run that is due while the one before is not over. */
export type Overlap = (typeof OVERLAPS)[number];

/** When an operation comes back by itself, and how. Plain JSON. */
export interface Timing {
  /** Of the cluster's schedules. */
  name: string;
  operation: string;
  /** Cron expressions as Temporal reads them; it runs at the times of each. */
  cron: string[];
  /** Of the tz database. */
  timezone: string;
  /** It starts up to so many seconds later, at random. */
  jitterSeconds: number;
  overlap: Overlap;
  /** A run that was missed, while Temporal was away, is made up for that long. */
  catchUpSeconds: number;
  /** How long a run waits while another operation runs on the cluster. */
  waitSeconds: number;
  /** A run that fails pauses the schedule. */
  pauseOnFailure: boolean;
}

/** A schedule of the cluster file. */
export interface DeclaredSchedule extends Timing {
  /** What the operation is told; names as operations have them. */
  options: {
    targets?: string[];
    onFailure?: 'park' | 'abort';
    ignorePreflightErrors?: string[];
    renewal?: Renewal;
  };
}

export const DEFAULTS = {
  jitterSeconds: 0,
  overlap: 'skip',
  catchUpSeconds: 12 * 3600,
  waitSeconds: 12 * 3600,
  pauseOnFailure: false,
} as const satisfies Partial<Timing>;

const DAY = 86_400;
/** The least and the most seconds of each duration; Temporal catches up for 10 s at least. */
const BOUNDS = {
  jitterSeconds: [0, 7 * DAY],
  catchUpSeconds: [10, 365 * DAY],
  waitSeconds: [60, 30 * DAY],
} as const;
export type DurationField = keyof typeof BOUNDS;

/** Such a duration in seconds, or what it must be, as the rest of a sentence. */
export function readDuration(field: DurationField, text: string): number | string {
  const [least, most] = BOUNDS[field];
  const seconds = parseDuration(text);
  if (seconds === undefined) return `must be ${DURATION_FORM}`;
  return seconds >= least && seconds <= most
    ? seconds
    : `must be from ${formatDuration(least)} to ${formatDuration(most)}`;
}

/** A name becomes part of ids and file names. */
export const isScheduleName = (name: string): boolean => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
export const SCHEDULE_NAME_FORM = 'lower-case letters, digits and dashes, at most 63';
