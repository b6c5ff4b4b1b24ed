import { isOver } from '../../workflows/board.ts';
import type { Progress, TaskView } from '../../workflows/protocol.ts';
import { isExact } from '../../workflows/selection.ts';
import type { Handler } from '../command.ts';
import type { SkipInput } from '../commands/skip.ts';
import type { Context } from '../context.ts';
import {
  canBeSkipped,
  chooseParked,
  demandPlausible,
  dependentsOf,
  listed,
  progressIfAnswered,
  runningOperation,
  selectionsOf,
} from '../decision.ts';
import { usageError } from '../errors.ts';
import { demandHeard } from '../heard.ts';
import { splitList } from '../options.ts';
import { fit, wrap } from '../output/fit.ts';
import { clock } from '../output/time.ts';

const SHOWN = 10;

export const run: Handler<SkipInput> = async (context, { args: { cluster, task }, options }) => {
  const { reason } = options;
  if (reason === undefined)
    throw usageError(
      'Why is it left out?',
      `Give a reason for the history: kha skip ${cluster} ${task ?? '…'} --reason "…"`,
    );
  const selections = selectionsOf({ task, hosts: splitList(options.host), all: options.all });
  const operations = await context.operations();
  const { operation } = await runningOperation(operations, cluster);
  const progress = await progressIfAnswered(operations, cluster);
  const by = context.by();
  if (!progress) {
    const [only, ...more] = selections;
    if (only === undefined || more.length > 0 || !isExact(only))
      throw usageError(
        'No kha worker answers, so kha does not know what is parked.',
        `Start one (kha worker), or name one task: kha skip ${cluster} STEP/HOST --reason "…"`,
      );
    await demandPlausible(context, { operation, cluster }, selections);
    context.say(`No kha worker answers now: whether ${only} is parked, and what depends on it, is not known.`);
    await context.confirm(`Leave ${only} out if it is parked?`, { yes: options.yes, flag: '--yes' });
    await operations.skip(cluster, { task: only, reason, by });
    context.say(`It is done as soon as a worker runs: kha worker. What came of it: kha status ${cluster}`);
    return;
  }
  const chosen = chooseParked(progress, selections);
  const needed = chosen.find((view) => !canBeSkipped(view));
  if (needed)
    throw usageError(
      `${needed.id} can't be left out this way: without it there is no plan.`,
      `Repair the host and: kha retry ${cluster} ${needed.id}\nOr take the host out of the file and: kha retry ${cluster} -f cluster.yaml`,
    );
  showChosen(context, chosen);
  showDependents(context, progress, chosen);
  const what = listed(chosen, 3);
  await context.confirm(`Leave ${what} out?`, { yes: options.yes, flag: '--yes' });
  for (const { id, endedAt } of chosen)
    await operations.skip(cluster, { task: id, reason, by, ...(endedAt === undefined ? {} : { parkedAt: endedAt }) });
  await demandHeard(context, operations, cluster, { before: progress, by, words: chosen.length });
  const verb = chosen.length === 1 ? 'is' : 'are';
  context.say(`${context.paintTalk('green', '✔')} ${what} ${verb} left out. Watch the rest: kha status ${cluster} -w`);
};

function showChosen(context: Context, chosen: readonly TaskView[]): void {
  const width = context.stdout.columns ?? 100;
  for (const view of chosen) {
    context.say(`${context.paintTalk('bold', view.id)}: ${view.title}`);
    const since = view.endedAt === undefined ? 'parked' : `parked for ${clock(context.now() - view.endedAt)}`;
    context.say(`  ${fit(`${since}: ${view.failure?.message ?? 'no reason is known'}`, width - 2)}`);
  }
}

/** What runs although it was left out: those right behind it by name, the others by number. */
function showDependents(context: Context, progress: Progress, chosen: readonly TaskView[]): void {
  const ids = chosen.map((t) => t.id);
  const behind = dependentsOf(progress, ids).filter((t) => !isOver(t.state) && t.state !== 'parked');
  const it = chosen.length === 1 ? 'it' : 'them';
  if (behind.length === 0) return context.say(`\nNothing that is still to come depends on ${it}.\n`);
  const direct = behind.filter((t) => t.needs.some((need) => ids.includes(need)));
  const width = context.stdout.columns ?? 100;
  const others = behind.length - direct.length;
  const more = others > 0 ? `, and ${others} more behind ${direct.length === 1 ? 'that' : 'those'}` : '';
  context.say(`\n${direct.length} ${direct.length === 1 ? 'task waits' : 'tasks wait'} for ${it} directly${more}:`);
  const shown = direct.slice(0, SHOWN);
  const column = Math.max(...shown.map((t) => t.id.length));
  for (const t of shown) context.say(`  ${t.id.padEnd(column)}  ${fit(t.title, width - column - 4)}`);
  if (direct.length > SHOWN) context.say(`  … ${direct.length - SHOWN} more`);
  const meaning = `What waits runs as if ${chosen.length === 1 ? 'this was' : 'these were'} done; what misses its work fails and parks in its turn. The next operation looks at the host anew and does what is missing.`;
  context.say(['', ...wrap(meaning, width), ''].join('\n'));
}
