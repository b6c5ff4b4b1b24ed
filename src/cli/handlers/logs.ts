import type { RemoteCommand } from '../../ports/store.ts';
import type { Handler } from '../command.ts';
import type { LogsInput } from '../commands/logs.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { document, printDocument } from '../output/document.ts';
import { iso, timeOfDay, took } from '../output/time.ts';

const FOLLOW_MS = 1000;

export const run: Handler<LogsInput> = async (context, { args, options }) => {
  const store = await context.store();
  const { runId, isOver } = await findRun(context, args.cluster, options);
  const wanted = (entry: RemoteCommand): boolean =>
    (args.task === undefined || entry.task === args.task || entry.task.startsWith(`${args.task}/`)) &&
    (options.host === undefined || entry.host === options.host) &&
    !(options.changes && entry.look);
  const read = async (): Promise<RemoteCommand[]> =>
    (await store.readLog(runId)).filter(wanted).sort((a, b) => a.startedAt - b.startedAt);

  if (!options.follow) {
    const entries = await read();
    if (options.output === 'json' || options.output === 'yaml')
      await printDocument(
        context,
        options.output,
        document('RemoteCommandList', { run: runId, items: entries.map(dated) }),
      );
    else for (const entry of entries) printEntry(context, entry);
    if (entries.length === 0) await explainEmptiness(context, args.task, (await store.readLog(runId)).length);
    return;
  }

  const abort = context.interrupt();
  const seen = new Set<string>();
  for (;;) {
    // Asked before the log is read: what was written until the end is shown.
    const over = await isOver();
    for (const entry of await read()) {
      const key = `${entry.task} ${entry.host} ${entry.startedAt} ${entry.title}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (options.output === 'json') context.print(JSON.stringify(dated(entry)));
      else printEntry(context, entry);
    }
    if (over || abort.aborted) return;
    await context.sleep(FOLLOW_MS, abort);
  }
};

async function findRun(
  context: Context,
  cluster: string,
  options: LogsInput['options'],
): Promise<{ runId: string; isOver: () => Promise<boolean> }> {
  if (options.run !== undefined && !options.follow) return { runId: options.run, isOver: async () => true };
  const operations = await context.operations();
  const about = await operations.describe(cluster, options.run);
  if (!about) throw notFound(`Nothing ran on ${cluster} yet.`, 'See what ran: kha get workflows -o wide');
  const isOver = async (): Promise<boolean> => (await operations.describe(cluster, about.runId))?.state !== 'running';
  return { runId: about.runId, isOver };
}

const dated = (entry: RemoteCommand): object => ({
  ...entry,
  startedAt: iso(entry.startedAt),
  endedAt: iso(entry.endedAt),
});

function printEntry(context: Context, entry: RemoteCommand): void {
  const { paint } = context;
  // A look that ends with another code has an answer: no.
  const ok = entry.exitCode === 0 || (entry.look && entry.exitCode !== null);
  const code = entry.exitCode === null ? 'killed' : `exit ${entry.exitCode}`;
  const mark = ok ? paint(entry.look ? 'dim' : 'green', entry.look ? '·' : '✔') : paint('red', '✘');
  const time = took(entry.endedAt - entry.startedAt);
  context.print(
    `${paint('dim', timeOfDay(entry.startedAt))} ${mark} ${paint('bold', entry.task)}  ${entry.title}  ${paint(ok ? 'dim' : 'red', `${code}, ${time}`)}`,
  );
  for (const line of entry.output) context.print(paint('dim', `         │ ${line}`));
}

/** Why nothing is shown: nothing ran, or the filter fits nothing. */
async function explainEmptiness(context: Context, task: string | undefined, all: number): Promise<void> {
  if (all === 0)
    context.say('No remote command ran yet, or it ran on a worker whose store this machine does not share.');
  else if (task !== undefined)
    throw notFound(`No remote command of ${task} ran yet.`, 'A task is named STEP/HOST; see: kha status');
  else context.say('No remote command fits.');
}
