import { OVERLAPS } from '../../cluster/schedule.ts';
import { argument, choice, command, flag, type Input, list, optionalArgument, text } from '../command.ts';
import { operationOptions } from '../operation-options.ts';
import { documentOption, tableOptions, yesOption } from '../options.ts';

const group = 'Operations';

const scheduleArgument = argument({
  about: 'CLUSTER/NAME, or the NAME alone where one cluster only has it.',
  complete: 'schedule',
});
const clusterOption = {
  cluster: text({ short: 'c', value: 'NAME', about: 'The cluster whose schedule it is.', complete: 'cluster' }),
};
const reasonOption = { reason: text({ value: 'TEXT', about: 'Why; it is kept with the schedule.' }) };

const createArgs = {
  operation: argument({ about: 'What is to come back, for example init-cluster.', complete: 'scheduled' }),
};
const createOptions = {
  cluster: text({
    short: 'c',
    value: 'NAME',
    about: 'A recorded cluster; not needed where there is one only.',
    complete: 'cluster',
  }),
  name: text({ value: 'NAME', about: 'Name of the schedule (default: the operation).' }),
  cron: list({
    value: 'EXPRESSION',
    about:
      'When: minute, hour, day of the month, month, day of the week; or @daily, @every 12h. May be given several times.',
  }),
  timezone: text({
    value: 'ZONE',
    about: "Time zone of --cron (default: the cluster file's system.timezone, or UTC).",
  }),
  jitter: text({ value: 'TIME', about: 'Start up to so much later, at random (default 0s).' }),
  overlap: choice({
    value: 'WHAT',
    choices: OVERLAPS,
    about:
      'What becomes of a run that is due while the one before is not over. skip (default): nothing. buffer-one, buffer-all: it comes afterwards.',
  }),
  catchUp: text({
    value: 'TIME',
    about: 'How late a run is made up that was missed while Temporal was away (default 12h).',
  }),
  wait: text({
    value: 'TIME',
    about: 'How long a run waits while another operation runs on the cluster (default 12h).',
  }),
  pauseOnFailure: flag({ about: 'A run that fails pauses the schedule.' }),
  paused: flag({ about: 'Make it paused; kha schedule resume lets it go.' }),
  replace: flag({ about: 'There may be one of that name: change it.' }),
  host: list({ value: 'HOST', about: 'Only these hosts, for operations on some of them.', complete: 'host' }),
  ...operationOptions,
  ...documentOption,
};
export type ScheduleCreateInput = Input<typeof createArgs, typeof createOptions>;

export const scheduleCreate = command({
  name: 'schedule create',
  group,
  summary: 'Let an operation come back by itself',
  description:
    'Makes a Temporal Schedule. Each time that it is due the operation starts with what is recorded of the cluster at that time, as if somebody had said start-workflow. While another operation runs on the cluster, it waits for that. Schedules may also stand in the cluster file (schedules); init-cluster makes those.',
  examples: [
    {
      does: 'every night, what differs from the record is put right',
      run: 'kha schedule create init-cluster --cluster prod --cron "0 3 * * *" --timezone Europe/Berlin',
    },
    {
      does: 'certificates that end within 45 days, on the first of each month',
      run: 'kha schedule create renew-certificates --cluster prod --cron "0 3 1 * *" --within 45d',
    },
    {
      does: 'on the first Sunday of a month, at a time of its own on each cluster',
      run: 'kha schedule create init-cluster --cluster prod --name monthly --cron "0 2 1-7 * SUN" --jitter 1h',
    },
    {
      does: 'change when it runs',
      run: 'kha schedule create init-cluster --cluster prod --cron "30 4 * * *" --replace',
    },
  ],
  see: ['schedule list', 'schedule trigger', 'start-workflow'],
  arguments: createArgs,
  options: createOptions,
  load: async () => ({ run: (await import('../handlers/schedule-create.ts')).run }),
});

const listArgs = { cluster: optionalArgument({ about: 'Only of this cluster.', complete: 'cluster' }) };
export type ScheduleListInput = Input<typeof listArgs, typeof tableOptions>;

export const scheduleList = command({
  name: 'schedule list',
  group,
  summary: 'Which operations come back, and when next',
  description: 'Lists the schedules of all clusters, or of one, with the next and the latest time of each.',
  examples: [
    { does: 'of all clusters', run: 'kha schedule list' },
    { does: 'with policies', run: 'kha schedule list prod -o wide' },
  ],
  see: ['schedule describe', 'schedule create'],
  arguments: listArgs,
  options: tableOptions,
  load: async () => ({ run: (await import('../handlers/schedule.ts')).list }),
});

const oneArgs = { schedule: scheduleArgument };
const describeOptions = { ...clusterOption, ...documentOption };
export type ScheduleDescribeInput = Input<typeof oneArgs, typeof describeOptions>;

export const scheduleDescribe = command({
  name: 'schedule describe',
  group,
  summary: 'All about a schedule: next times, runs, policies',
  description:
    'Shows what a schedule starts and how, the next times that it is due, its latest runs and what became of them, and runs that wait for another operation.',
  examples: [{ does: 'one of them', run: 'kha schedule describe prod/init-cluster' }],
  see: ['schedule list', 'schedule trigger'],
  arguments: oneArgs,
  options: describeOptions,
  load: async () => ({ run: (await import('../handlers/schedule.ts')).describe }),
});

const pauseOptions = { ...clusterOption, ...reasonOption };
export type SchedulePauseInput = Input<typeof oneArgs, typeof pauseOptions>;

export const schedulePause = command({
  name: 'schedule pause',
  group,
  summary: 'Let a schedule rest',
  description: 'Nothing is started until it is resumed. A run that started or waits already goes on.',
  examples: [
    { does: 'over the holidays', run: 'kha schedule pause prod/init-cluster --reason "freeze until 7 January"' },
  ],
  see: ['schedule resume', 'schedule cancel'],
  arguments: oneArgs,
  options: pauseOptions,
  load: async () => ({ run: (await import('../handlers/schedule.ts')).pause }),
});

export const scheduleResume = command({
  name: 'schedule resume',
  group,
  summary: 'Let a paused schedule go on',
  description: 'It starts its operation again from the next time on; what was due meanwhile is not made up for.',
  examples: [{ does: 'go on', run: 'kha schedule resume prod/init-cluster' }],
  see: ['schedule pause'],
  arguments: oneArgs,
  options: pauseOptions,
  load: async () => ({ run: (await import('../handlers/schedule.ts')).resume }),
});

const triggerOptions = { ...clusterOption };
export type ScheduleTriggerInput = Input<typeof oneArgs, typeof triggerOptions>;

export const scheduleTrigger = command({
  name: 'schedule trigger',
  group,
  summary: 'Start what a schedule starts, now',
  description:
    'As if it were due: with its options, and after the operation that runs. A paused schedule can be triggered too.',
  examples: [{ does: 'now, and watch it', run: 'kha schedule trigger prod/init-cluster && kha status prod -w' }],
  see: ['status -w', 'schedule describe'],
  arguments: oneArgs,
  options: triggerOptions,
  load: async () => ({ run: (await import('../handlers/schedule.ts')).trigger }),
});

export const scheduleCancel = command({
  name: 'schedule cancel',
  group,
  summary: 'End the runs of a schedule that wait',
  description:
    'Runs that wait for another operation are ended; the schedule stays. An operation that has started is ended by kha abort.',
  examples: [{ does: 'not this night', run: 'kha schedule cancel prod/init-cluster' }],
  see: ['schedule pause', 'abort'],
  arguments: oneArgs,
  options: triggerOptions,
  load: async () => ({ run: (await import('../handlers/schedule.ts')).cancel }),
});

const deleteOptions = { ...clusterOption, ...yesOption };
export type ScheduleDeleteInput = Input<typeof oneArgs, typeof deleteOptions>;

export const scheduleDelete = command({
  name: 'schedule delete',
  group,
  summary: 'Forget a schedule',
  description:
    'Nothing is started any more, and runs that wait are ended. An operation that runs goes on. One that the cluster file declares comes back with the next init-cluster.',
  examples: [{ does: 'asks first', run: 'kha schedule delete prod/init-cluster' }],
  see: ['schedule pause'],
  arguments: oneArgs,
  options: deleteOptions,
  load: async () => ({ run: (await import('../handlers/schedule.ts')).remove }),
});
