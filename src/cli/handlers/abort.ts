import type { Handler } from '../command.ts';
import type { AbortInput } from '../commands/abort.ts';
import { progressIfAnswered, runningOperation } from '../decision.ts';
import { usageError } from '../errors.ts';

export const run: Handler<AbortInput> = async (context, { args: { cluster }, options }) => {
  if (options.reason === undefined)
    throw usageError('Why is it aborted?', `Give a reason for the history: kha abort ${cluster} --reason "…"`);
  const operations = await context.operations();
  const { operation } = await runningOperation(operations, cluster);
  const progress = await progressIfAnswered(operations, cluster);
  const running = progress?.tasks.filter((t) => t.state === 'running').map((t) => t.id) ?? [];
  if (running.length > 0) context.say(`These tasks run now and finish first: ${running.join(', ')}`);
  await context.confirm(`Abort ${operation} on ${cluster}?`, { yes: options.yes, flag: '--yes' });
  await operations.abort(cluster, { reason: options.reason, by: context.by() });
  context.say(
    `${context.paintTalk('green', '✔')} ${operation} ends. Later: kha start-workflow ${operation} --cluster ${cluster}`,
  );
};
