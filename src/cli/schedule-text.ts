import { formatDuration } from '../formats/duration.ts';
import type { ScheduledRun, ScheduleState } from '../ports/schedules.ts';
import type { OperationOptions } from '../workflows/protocol.ts';
import type { Context } from './context.ts';
import { document, printDocument } from './output/document.ts';
import { age, inZone, iso } from './output/time.ts';

const MOST_TIMES = 5;

/** A schedule in words, or as a document. */
export async function printSchedule(
  context: Context,
  state: ScheduleState,
  output: 'text' | 'json' | 'yaml' | undefined,
): Promise<void> {
  if (output === 'json' || output === 'yaml')
    await printDocument(context, output, document('Schedule', scheduleItem(state)));
  else for (const line of scheduleLines(context, state)) context.print(line);
}

/** As `-o json` has it. */
export function scheduleItem({ input, ...state }: ScheduleState): Record<string, unknown> {
  const { cluster, name, since: _since, by, declared, ...spec } = input;
  const runOf = (run: ScheduledRun): Record<string, unknown> => ({ ...run, at: iso(run.at) });
  return {
    metadata: {
      name,
      cluster,
      by,
      declared: declared === true,
      createdAt: iso(state.createdAt),
      ...(state.updatedAt === undefined ? {} : { updatedAt: iso(state.updatedAt) }),
    },
    spec,
    status: {
      paused: state.paused,
      ...(state.note === undefined ? {} : { note: state.note }),
      next: state.next.map(iso),
      recent: state.recent.map(runOf),
      running: state.running.map(runOf),
      ...state.counts,
    },
  };
}

export const policyWords = ({ input }: ScheduleState): string =>
  [
    `overlap ${input.overlap}`,
    `catch-up ${formatDuration(input.catchUpSeconds)}`,
    `waits ${formatDuration(input.waitSeconds)}`,
    ...(input.pauseOnFailure ? ['pauses on failure'] : []),
  ].join(', ');

const cronWords = ({ input }: ScheduleState): string =>
  `${input.cron.join('; ')} (${input.timezone})${input.jitterSeconds === 0 ? '' : `, up to ${formatDuration(input.jitterSeconds)} later`}`;

const STATES = { waiting: 'yellow', running: 'cyan', completed: 'green' } as const;

function scheduleLines(context: Context, state: ScheduleState): string[] {
  const { paint } = context;
  const now = context.now();
  const { input } = state;
  const at = (ms: number): string => inZone(ms, input.timezone);
  const row = (label: string, text: string): string => `  ${paint('dim', label.padEnd(9))}${text}`;
  const rows = (label: string, texts: readonly string[]): string[] =>
    texts.map((text, i) => row(i === 0 ? label : '', text));
  const runs = state.recent.slice(0, MOST_TIMES).map((run) => {
    const word = run.state ?? 'over';
    const colour = word in STATES ? STATES[word as keyof typeof STATES] : 'red';
    return `${at(run.at)}  ${run.state === undefined ? word : paint(colour, word)}${run.reason === undefined ? '' : `: ${run.reason}`}`;
  });
  const skipped = [
    ...(state.counts.skipped > 0 ? [`${state.counts.skipped} left out, the one before was not over`] : []),
    ...(state.counts.missed > 0 ? [`${state.counts.missed} missed`] : []),
  ];
  return [
    `${paint('bold', `${input.cluster}/${input.name}`)}: ${input.operation} on ${input.cluster}`,
    row('when', cronWords(state)),
    ...(state.paused
      ? [row('next', paint('yellow', state.note ?? 'paused'))]
      : rows(
          'next',
          state.next.slice(0, MOST_TIMES).map((ms) => `${at(ms)}  in ${age(ms - now)}`),
        )),
    row('policies', policyWords(state)),
    row('options', optionWords(input.options)),
    row('made by', `${input.by}${input.declared ? ', as the cluster file declares it' : ''}`),
    ...rows('runs', runs.length > 0 ? runs : ['none yet']),
    ...(skipped.length > 0 ? [row('', skipped.join(', '))] : []),
  ];
}

/** What the operation is told, by name. */
export const optionWords = ({ targets, renewal, ...rest }: OperationOptions): string =>
  Object.entries({
    ...(targets ? { hosts: targets } : {}),
    ...(renewal?.withinMs === undefined ? {} : { within: formatDuration(renewal.withinMs / 1000) }),
    ...(renewal?.certificates ? { certificates: renewal.certificates } : {}),
    ...rest,
  })
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}=${wordOf(value)}`)
    .join(' ');

const wordOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(wordOf).join(',') : JSON.stringify(value);
};
