import { z } from 'zod';
import { AVAILABLE } from '../../cluster/available.ts';
import { cronTrouble } from '../../cluster/cron.ts';
import {
  DEFAULTS,
  type DurationField,
  isScheduleName,
  OVERLAPS,
  readDuration,
  SCHEDULE_NAME_FORM,
} from '../../cluster/schedule.ts';
import { isTimeZone, TIME_ZONE_FORM } from '../../cluster/time-zone.ts';
import { DURATION_FORM, formatDuration, parseDuration } from '../../formats/duration.ts';
import { flag, nonEmpty, oneOf } from '../fields.ts';

const expression = z
  .string({ error: 'must be a cron expression, for example "0 3 1 * *"' })
  .superRefine((text, context) => {
    const trouble = cronTrouble(text);
    if (trouble !== undefined) context.addIssue({ code: 'custom', message: trouble });
  });

/** A duration as it is written; in seconds it is in the cluster. */
const lasting = (field: DurationField) =>
  z
    .string({ error: 'must be a duration with units, for example 12h' })
    .superRefine((text, context) => {
      const read = readDuration(field, text);
      if (typeof read === 'string') context.addIssue({ code: 'custom', message: read });
    })
    .default(formatDuration(DEFAULTS[field]));

const hostNames = z.array(z.string({ error: 'must be the name of a host' }), { error: 'must be a list of host names' });

const schedule = z.strictObject({
  operation: oneOf(AVAILABLE.scheduled).meta({ description: 'What comes back.' }),
  name: z
    .string()
    .refine(isScheduleName, { error: `must be ${SCHEDULE_NAME_FORM}` })
    .optional()
    .meta({ description: 'Name of the schedule, one of its own in the cluster. Default: the operation.' }),
  cron: z
    .union([
      expression,
      z
        .array(expression, { error: 'must be a cron expression or a list of them' })
        .min(1, { error: 'must not be empty' }),
    ])
    .meta({
      description:
        'When: minute, hour, day of the month, month, day of the week, as Temporal reads them; days of both kinds must fit. Also `@daily`, `@every 12h`.',
      examples: ['0 3 1 * *', ['0 3 * * MON-FRI', '0 5 * * SAT,SUN']],
    }),
  timezone: z
    .string({ error: `must be ${TIME_ZONE_FORM}` })
    .refine(isTimeZone, { error: `must be ${TIME_ZONE_FORM}` })
    .optional()
    .meta({ description: 'Time zone of `cron`. Default: system.timezone, or UTC.' }),
  jitter: lasting('jitterSeconds').meta({ description: 'It starts up to so much later, at random.' }),
  overlap: oneOf(OVERLAPS)
    .default(DEFAULTS.overlap)
    .meta({ description: 'What becomes of a run that is due while the one before is not over.' }),
  catchUp: lasting('catchUpSeconds').meta({
    description: 'How late a run is made up that was missed while Temporal was away.',
  }),
  wait: lasting('waitSeconds').meta({
    description: 'How long a run waits while another operation runs on the cluster.',
  }),
  pauseOnFailure: flag.default(false).meta({ description: 'A run that fails pauses the schedule.' }),
  hosts: hostNames.optional().meta({ description: 'Only these hosts, for operations on some of them. Default: all.' }),
  within: z
    .string({ error: `must be ${DURATION_FORM}` })
    .refine((text) => parseDuration(text) !== undefined, { error: `must be ${DURATION_FORM}` })
    .optional()
    .meta({ description: 'Of renew-certificates: those are due that end within this time. Default: 30d.' }),
  certificates: z
    .array(nonEmpty, { error: 'must be a list of certificates' })
    .min(1, { error: 'must not be empty' })
    .optional()
    .meta({ description: 'Of renew-certificates: only these, as `kha get certificates` names them. Default: all.' }),
  onFailure: oneOf(['park', 'abort'])
    .optional()
    .meta({ description: 'As --on-failure of start-workflow. Default: park.' }),
  ignorePreflightErrors: z
    .array(nonEmpty, { error: 'must be a list of checks' })
    .optional()
    .meta({ description: 'As --ignore-preflight-errors of start-workflow.' }),
});

export const schedules = z.array(schedule, { error: 'must be a list of schedules' }).default([]).meta({
  description: 'Operations that come back by themselves; init-cluster makes, changes and removes their schedules.',
});

export type ScheduleInput = z.input<typeof schedule>;
export type ScheduleOfFile = z.output<typeof schedule>;
