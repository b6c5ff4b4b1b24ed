import { KhaError } from '../../cluster/error.ts';
import type { Operations, OperationSummary, Spoken } from '../../ports/operations.ts';
import type { Progress, Said } from '../../workflows/protocol.ts';
import { fewNames, gateName } from '../../workflows/waits-for.ts';
import { readWord } from '../../workflows/words.ts';
import type { Handler } from '../command.ts';
import type { HistoryInput } from '../commands/history.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { printRows } from '../output/print-rows.ts';
import { iso, took } from '../output/time.ts';

const MOST = 100;

export const run: Handler<HistoryInput> = async (context, { args, options }) => {
  const { cluster, run } = args;
  const operations = await context.operations();
  const all = await operations.list({ cluster, limit: MOST });
  if (run === undefined) return printOperations(context, all, options);
  const about = run === 'latest' ? all[0] : all.find((o) => o.runId.startsWith(run));
  if (!about)
    throw notFound(`There is no operation ${run} on ${cluster}.`, `See which there are: kha history ${cluster}`);
  const spoken = await operations.spoken(about.workflowId, about.runId);
  const { said, tasks } = await toldBy(operations, about);
  const rows: Row[] = [
    { at: about.startedAt, by: about.by, what: `start ${about.operation}`, why: undefined },
    ...withGates(spoken, said).map(rowOf),
    ...said
      .filter(({ heeded }) => !heeded)
      .map(({ at, by, text }) => ({ at, by, what: `(not heeded) ${text}`, why: undefined })),
    ...warned(tasks),
  ].sort((a, b) => a.at - b.at);
  if (about.endedAt !== undefined) rows.push(await endOf(operations, about, about.endedAt));
  await printRows(
    context,
    {
      kind: 'Word',
      rows,
      columns: [
        { header: 'TIME', value: (r) => iso(r.at) },
        { header: 'WHO', value: (r) => r.by ?? '' },
        { header: 'WHAT', value: (r) => r.what },
        { header: 'WHY', value: (r) => r.why ?? '' },
      ],
      name: (r) => r.what,
      item: (r) => ({ ...r, at: iso(r.at) }),
      empty: '',
    },
    options,
  );
};

async function printOperations(
  context: Context,
  rows: readonly OperationSummary[],
  options: HistoryInput['options'],
): Promise<void> {
  await printRows(
    context,
    {
      kind: 'Operation',
      rows,
      columns: [
        { header: 'RUN', value: (o) => o.runId },
        { header: 'OPERATION', value: (o) => o.operation },
        { header: 'STATE', value: (o) => o.state },
        { header: 'STARTED', value: (o) => iso(o.startedAt) },
        { header: 'TOOK', value: (o) => (o.endedAt === undefined ? '' : took(o.endedAt - o.startedAt)) },
        { header: 'BY', value: (o) => o.by ?? '' },
      ],
      name: (o) => o.runId,
      item: (o) => ({
        ...o,
        startedAt: iso(o.startedAt),
        ...(o.endedAt === undefined ? {} : { endedAt: iso(o.endedAt) }),
      }),
      empty: 'Nothing ran there, as far as Temporal remembers.',
    },
    options,
  );
}

interface Row {
  at: number;
  by: string | undefined;
  what: string;
  why: string | undefined;
  /** All gates that the word decided. */
  gates?: string[];
}

/** What a signal decided its workflow knows, in the order in which it heard them. */
function withGates(spoken: readonly Spoken[], said: readonly Said[]): Spoken[] {
  const known = said.flatMap(({ at, signal }) => (signal ? [{ at, ...signal }] : []));
  return spoken.map((word) => {
    const i = known.findIndex(({ at, say }) => at === word.heardAt && say === word.say);
    const [of] = i < 0 ? [] : known.splice(i, 1);
    return of && of.gates.length > 0 ? { ...word, gates: of.gates } : word;
  });
}

function rowOf({ at, say, input, gates }: Spoken): Row {
  if (say === 'expire' || say === 'cancel' || say === 'terminate') {
    const { gate, by, reason } = (input[0] ?? {}) as Record<string, string | undefined>;
    return { at, by: by ?? 'kha', what: [say, gate].filter(Boolean).join(' '), why: reason };
  }
  const word = readWord(say, input);
  if ('problem' in word) return { at, by: undefined, what: `${say}, not understood: ${word.problem}`, why: undefined };
  const on = gates ? [fewNames(gates.map(gateName))] : word.tasks;
  const what = [say, ...on, ...(word.declaration === undefined ? [] : ['with a corrected file'])].join(' ');
  return { at, by: word.by, what, why: word.reason, ...(gates ? { gates } : {}) };
}

const warned = (tasks: Progress['tasks']): Row[] =>
  tasks.flatMap(({ id, endedAt = 0, warnings = [] }) =>
    warnings.map((why) => ({ at: endedAt, by: 'kha', what: `warning of ${id}`, why })),
  );

/** What became of the words, and of the tasks, where a worker can tell. */
async function toldBy(
  operations: Operations,
  { cluster, runId }: OperationSummary,
): Promise<Pick<Progress, 'said' | 'tasks'>> {
  try {
    return await operations.progress(cluster, runId);
  } catch (error) {
    if (error instanceof KhaError && error.blame === 'temporal') return { said: [], tasks: [] };
    throw error;
  }
}

async function endOf(operations: Operations, { cluster, runId, state }: OperationSummary, at: number): Promise<Row> {
  const outcome = await operations.outcome(cluster, runId);
  if (outcome.state !== 'completed') return { at, by: undefined, what: `end: ${state}`, why: outcome.failure.message };
  const { changed, unchanged, skipped } = outcome.result;
  return {
    at,
    by: undefined,
    what: 'end: completed',
    why: `${changed} changed, ${unchanged} unchanged, ${skipped} skipped`,
  };
}
