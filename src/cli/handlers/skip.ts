import type { Handler } from '../command.ts';
import type { SkipInput } from '../commands/skip.ts';
import { canBeSkipped, dependentsOf, parkedTask, runningOperation } from '../decision.ts';
import { usageError } from '../errors.ts';

const SHOWN = 12;

export const run: Handler<SkipInput> = async (context, { args: { cluster, task }, options }) => {
  if (options.reason === undefined)
    throw usageError('Why is it left out?', `Give a reason for the history: kha skip ${cluster} ${task} --reason "…"`);
  const operations = await context.operations();
  await runningOperation(operations, cluster);
  const progress = await operations.progress(cluster);
  const view = parkedTask(progress, task);
  if (!canBeSkipped(view))
    throw usageError(
      `${task} can't be left out this way: without it there is no plan.`,
      `Repair the host and: kha retry ${cluster} ${task}\nOr take the host out of the file and: kha retry ${cluster} -f cluster.yaml`,
    );
  const dependents = dependentsOf(progress, task);
  context.say(`${context.paintTalk('bold', task)}: ${view.title}`);
  if (view.failure) context.say(`  parked: ${view.failure.message}`);
  if (dependents.length > 0) {
    context.say(`\nThese ${dependents.length} tasks depend on it and will run as if it were done:`);
    for (const id of dependents.slice(0, SHOWN)) context.say(`  ${id}`);
    if (dependents.length > SHOWN) context.say(`  … ${dependents.length - SHOWN} more`);
  } else context.say('Nothing depends on it.');
  context.say('');
  await context.confirm(`Leave ${task} out?`, { yes: options.yes, flag: '--yes' });
  await operations.skip(cluster, { task, reason: options.reason, by: context.by() });
  context.say(`${context.paintTalk('green', '✔')} ${task} is left out. Watch the rest: kha status ${cluster} -w`);
};
