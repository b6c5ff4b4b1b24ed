import { type DeclaredSchedule, DEFAULTS } from '../cluster/schedule.ts';
import { formatDuration, parseDuration } from '../formats/duration.ts';
import type { ScheduleInput, ScheduleOfFile } from './schema/schedules.ts';

const seconds = (text: string): number => parseDuration(text) ?? 0;

/** Schedules with all that the file leaves open. */
export const normaliseSchedules = (list: readonly ScheduleOfFile[], timezone: string | undefined): DeclaredSchedule[] =>
  list.map(({ operation, hosts, onFailure, ignorePreflightErrors, within, certificates, ...of }) => ({
    name: of.name ?? operation,
    operation,
    cron: typeof of.cron === 'string' ? [of.cron] : of.cron,
    timezone: of.timezone ?? timezone ?? 'UTC',
    jitterSeconds: seconds(of.jitter),
    overlap: of.overlap,
    catchUpSeconds: seconds(of.catchUp),
    waitSeconds: seconds(of.wait),
    pauseOnFailure: of.pauseOnFailure,
    options: {
      ...(hosts ? { targets: hosts } : {}),
      ...(onFailure ? { onFailure } : {}),
      ...(ignorePreflightErrors ? { ignorePreflightErrors } : {}),
      ...(within !== undefined || certificates
        ? {
            renewal: {
              ...(within === undefined ? {} : { withinMs: seconds(within) * 1000 }),
              ...(certificates ? { certificates } : {}),
            },
          }
        : {}),
    },
  }));

/** The schedules in the file's shape, without what is a default. */
export const writeSchedules = (list: readonly DeclaredSchedule[]): ScheduleInput[] =>
  list.map(({ operation, name, cron, options: { targets, onFailure, ignorePreflightErrors, renewal }, ...of }) => ({
    // From a file that was read, where it is one of those.
    operation: operation as ScheduleInput['operation'],
    ...(name === operation ? {} : { name }),
    cron: cron.length === 1 && cron[0] !== undefined ? cron[0] : cron,
    timezone: of.timezone,
    ...(of.jitterSeconds === DEFAULTS.jitterSeconds ? {} : { jitter: formatDuration(of.jitterSeconds) }),
    ...(of.overlap === DEFAULTS.overlap ? {} : { overlap: of.overlap }),
    ...(of.catchUpSeconds === DEFAULTS.catchUpSeconds ? {} : { catchUp: formatDuration(of.catchUpSeconds) }),
    ...(of.waitSeconds === DEFAULTS.waitSeconds ? {} : { wait: formatDuration(of.waitSeconds) }),
    ...(of.pauseOnFailure ? { pauseOnFailure: true } : {}),
    ...(targets ? { hosts: targets } : {}),
    ...(onFailure ? { onFailure } : {}),
    ...(ignorePreflightErrors ? { ignorePreflightErrors } : {}),
    ...(renewal?.withinMs === undefined ? {} : { within: formatDuration(renewal.withinMs / 1000) }),
    ...(renewal?.certificates ? { certificates: renewal.certificates } : {}),
  }));
