import { KhaError } from '../../cluster/error.ts';
import type { ScheduleState } from '../../ports/schedules.ts';
import type { Handler } from '../command.ts';
import type {
  ScheduleDeleteInput,
  ScheduleDescribeInput,
  ScheduleListInput,
  SchedulePauseInput,
  ScheduleTriggerInput,
} from '../commands/schedule.ts';
import type { Context } from '../context.ts';
import { printRows } from '../output/print-rows.ts';
import { age, inZone } from '../output/time.ts';
import { scheduleNamed } from '../schedule-names.ts';
import { optionWords, policyWords, printSchedule, scheduleItem } from '../schedule-text.ts';

export const list: Handler<ScheduleListInput> = async (context, { args, options }) => {
  const now = context.now();
  const rows = await (await context.schedules()).list(args.cluster);
  const nextOf = ({ next: [next], paused, input }: ScheduleState): string => {
    if (paused) return 'paused';
    return next === undefined ? 'never' : `${inZone(next, input.timezone)} (in ${age(next - now)})`;
  };
  await printRows(
    context,
    {
      kind: 'Schedule',
      rows,
      columns: [
        { header: 'CLUSTER', value: ({ input }) => input.cluster },
        { header: 'NAME', value: ({ input }) => input.name },
        { header: 'OPERATION', value: ({ input }) => input.operation },
        { header: 'CRON', value: ({ input }) => input.cron.join('; ') },
        {
          header: 'NEXT',
          value: nextOf,
          paint: (cell, state) => (state.paused ? context.paint('yellow', cell) : cell),
        },
        { header: 'LAST', value: ({ recent: [last] }) => (last ? `${age(now - last.at)} ago` : '') },
        { header: 'TIMEZONE', wide: true, value: ({ input }) => input.timezone },
        { header: 'POLICIES', wide: true, value: policyWords },
        { header: 'OPTIONS', wide: true, value: ({ input }) => optionWords(input.options) },
        { header: 'BY', wide: true, value: ({ input }) => (input.declared ? 'cluster file' : input.by) },
      ],
      name: ({ input }) => `${input.cluster}/${input.name}`,
      item: scheduleItem,
      empty:
        'There is no schedule. Make one: kha schedule create init-cluster --cluster NAME --cron "0 3 * * *", or in the cluster file: schedules',
    },
    options,
  );
};

export const describe: Handler<ScheduleDescribeInput> = async (context, { args, options }) => {
  const { input } = await scheduleNamed(context, args.schedule, options.cluster);
  const state = await (await context.schedules()).describe(input.cluster, input.name);
  if (state) await printSchedule(context, state, options.output);
};

export const pause: Handler<SchedulePauseInput> = async (context, { args, options }) => {
  const { input, running } = await scheduleNamed(context, args.schedule, options.cluster);
  const { cluster, name } = input;
  await (await context.schedules()).pause(cluster, name, noteOf(context, 'paused', options.reason));
  context.say(`${context.paintTalk('green', '✔')} ${cluster}/${name} is paused.`);
  if (running.length > 0)
    context.say(`  A run of it is not over. Where it waits: kha schedule cancel ${cluster}/${name}`);
};

export const resume: Handler<SchedulePauseInput> = async (context, { args, options }) => {
  const { input } = await scheduleNamed(context, args.schedule, options.cluster);
  const { cluster, name } = input;
  const schedules = await context.schedules();
  await schedules.resume(cluster, name, noteOf(context, 'resumed', options.reason));
  const next = (await schedules.describe(cluster, name))?.next[0];
  context.say(
    `${context.paintTalk('green', '✔')} ${cluster}/${name} goes on${next === undefined ? '' : `, next at ${inZone(next, input.timezone)}`}.`,
  );
};

const noteOf = (context: Context, what: string, reason: string | undefined): string =>
  `${what} by ${context.by()}${reason === undefined ? '' : `: ${reason}`}`;

export const trigger: Handler<ScheduleTriggerInput> = async (context, { args, options }) => {
  const { input, running } = await scheduleNamed(context, args.schedule, options.cluster);
  const { cluster, name, operation } = input;
  if (running.length > 0 && input.overlap === 'skip')
    throw new KhaError(`A run of ${cluster}/${name} is not over; another one would be left out.`, {
      code: 'KHA1043',
      blame: 'configuration',
      hint: `See it: kha schedule describe ${cluster}/${name}\nEnd it where it waits: kha schedule cancel ${cluster}/${name}\nEnd its operation: kha abort ${cluster} --reason …`,
    });
  await (await context.schedules()).trigger(cluster, name);
  context.say(
    `${context.paintTalk('green', '✔')} ${operation} on ${context.paintTalk('bold', cluster)} starts now, or when the operation that runs there is over.`,
  );
  context.say(`  Watch it: kha status ${cluster} -w`);
};

export const cancel: Handler<ScheduleTriggerInput> = async (context, { args, options }) => {
  const { input } = await scheduleNamed(context, args.schedule, options.cluster);
  const { cluster, name } = input;
  const ended = await (await context.schedules()).cancelWaiting(cluster, name);
  if (ended.length === 0) context.say(`No run of ${cluster}/${name} waits.`);
  for (const id of ended) context.say(`${context.paintTalk('green', '✔')} ${id} waits no more.`);
};

export const remove: Handler<ScheduleDeleteInput> = async (context, { args, options }) => {
  const { input } = await scheduleNamed(context, args.schedule, options.cluster);
  const { cluster, name, operation, declared } = input;
  await context.confirm(
    `Forget ${cluster}/${name}? ${operation} does not come back by it any more.${declared ? ' The cluster file declares it: the next init-cluster makes it again.' : ''}`,
    { yes: options.yes, flag: '--yes' },
  );
  const schedules = await context.schedules();
  await schedules.delete(cluster, name);
  await schedules.cancelWaiting(cluster, name);
  context.say(`${context.paintTalk('green', '✔')} ${cluster}/${name} is forgotten.`);
};
