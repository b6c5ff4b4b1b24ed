import { cronTrouble } from '../../cluster/cron.ts';
import { KhaError } from '../../cluster/error.ts';
import {
  DEFAULTS,
  type DurationField,
  isScheduleName,
  readDuration,
  SCHEDULE_NAME_FORM,
} from '../../cluster/schedule.ts';
import { isTimeZone, TIME_ZONE_FORM } from '../../cluster/time-zone.ts';
import type { Operation } from '../../graph/operation.ts';
import { operationNamed, operations } from '../../operations/registry.ts';
import type { ScheduledInput } from '../../workflows/protocol.ts';
import type { Handler } from '../command.ts';
import type { ScheduleCreateInput } from '../commands/schedule.ts';
import { usageError } from '../errors.ts';
import { readOperationOptions } from '../operation-options.ts';
import { splitList } from '../options.ts';
import { printSchedule } from '../schedule-text.ts';
import { demandRenewable } from '../renewal-options.ts';
import { oneCluster, recorded } from '../recorded.ts';

export const run: Handler<ScheduleCreateInput> = async (context, { args, options }) => {
  const operation = operationNamed(args.operation);
  demandScheduled(operation);
  const name = options.name ?? operation.id;
  if (!isScheduleName(name)) throw usageError(`--name must be ${SCHEDULE_NAME_FORM}; it is ${name}.`);
  const { cluster } = await recorded(context, await oneCluster(context, options.cluster));
  const timing = {
    cron: cronOf(options.cron),
    timezone: timezoneOf(options.timezone ?? cluster.system.timezone ?? 'UTC'),
    jitterSeconds: secondsOf('jitterSeconds', '--jitter', options.jitter),
    catchUpSeconds: secondsOf('catchUpSeconds', '--catch-up', options.catchUp),
    waitSeconds: secondsOf('waitSeconds', '--wait', options.wait),
    overlap: options.overlap ?? DEFAULTS.overlap,
    pauseOnFailure: options.pauseOnFailure,
  };
  const told = readOperationOptions(operation, options);
  demandRenewable(cluster, told.renewal);
  const targets = targetsOf(
    operation,
    cluster.hosts.map((h) => h.name),
    splitList(options.host),
  );

  const schedules = await context.schedules();
  const before = await schedules.describe(cluster.name, name);
  if (before && !options.replace)
    throw new KhaError(`${cluster.name} has a schedule ${name} already, of ${before.input.operation}.`, {
      code: 'KHA1040',
      blame: 'configuration',
      hint: `To change it, add --replace. For another one, give it a name: --name …`,
    });
  const input: ScheduledInput = {
    name,
    cluster: cluster.name,
    operation: operation.id,
    ...timing,
    options: { ...told, ...(targets ? { targets } : {}) },
    by: context.by(),
    ...(before?.input.declared ? { declared: true } : {}),
  };
  await schedules.put(input, options.paused ? { paused: true, note: `made paused by ${context.by()}` } : {});
  context.say(
    `${context.paintTalk('green', '✔')} ${operation.id} on ${context.paintTalk('bold', cluster.name)} comes back by its schedule ${name}${before ? ', as it is now' : ''}.\n`,
  );
  if (before?.input.declared)
    context.say(
      'The cluster file declares it: the next init-cluster makes it what the file says. Change it there, too.\n',
    );
  const made = await schedules.describe(cluster.name, name);
  if (!made) return;
  if (made.next.length === 0 && !made.paused)
    context.say(`${context.paintTalk('yellow', 'warning:')} it never comes due; look at its --cron.\n`);
  await printSchedule(context, made, options.output);
};

function demandScheduled(operation: Operation): void {
  if (operation.scheduled) return;
  const some = Object.values(operations).flatMap((o) => (o.scheduled ? [o.id] : []));
  throw new KhaError(`${operation.id} is not for schedules.`, {
    code: 'KHA1042',
    blame: 'configuration',
    hint: `A person starts it. These may come back by themselves: ${some.join(', ')}.`,
  });
}

function cronOf(given: readonly string[]): string[] {
  if (given.length === 0) throw usageError('A schedule needs to know when.', 'Say it: --cron "0 3 * * *"');
  for (const expression of given) {
    const trouble = cronTrouble(expression);
    if (trouble !== undefined)
      throw usageError(
        `--cron ${JSON.stringify(expression)} ${trouble}.`,
        'For example: --cron "0 3 1 * *" is 3:00 on the first of each month.',
      );
  }
  return [...given];
}

function timezoneOf(zone: string): string {
  if (!isTimeZone(zone)) throw usageError(`--timezone must be ${TIME_ZONE_FORM}; it is ${zone}.`);
  return zone;
}

function secondsOf(field: DurationField, flag: string, given: string | undefined): number {
  if (given === undefined) return DEFAULTS[field];
  const seconds = readDuration(field, given);
  if (typeof seconds === 'string') throw usageError(`${flag} ${seconds}; it is ${given}.`);
  return seconds;
}

/** Hosts that it is for; undefined: all. */
function targetsOf({ id, maintains }: Operation, known: readonly string[], named: string[]): string[] | undefined {
  if (named.length === 0) return undefined;
  if (!maintains) throw usageError(`${id} is for all hosts of the cluster.`, 'Leave --host out.');
  const stranger = named.find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw usageError(`${stranger} is no host of the cluster.`, `Hosts are: ${known.join(', ')}.`);
  return [...new Set(named)];
}
