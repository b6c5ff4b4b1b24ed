import type { Cluster } from '../../cluster/cluster.ts';
import { diffClusters } from '../../config/diff.ts';
import { keepSecrets, namesFiles, readCluster, showWarnings } from '../cluster-source.ts';
import type { Handler } from '../command.ts';
import type { RetryInput } from '../commands/retry.ts';
import type { Context } from '../context.ts';
import { parkedTask, progressIfAnswered, runningOperation } from '../decision.ts';
import { enrolHosts } from '../enrolment.ts';
import { usageError } from '../errors.ts';
import { recordDeclaration, showChanges } from '../record.ts';
import { recorded } from '../recorded.ts';

export const run: Handler<RetryInput> = async (context, { args, options }) => {
  const { cluster, task } = args;
  if (task !== undefined && options.all) throw usageError('A task and --all exclude each other.');
  if (namesFiles(options)) {
    await retryCorrected(context, cluster, task, options);
    return;
  }
  const operations = await context.operations();
  await runningOperation(operations, cluster);
  const progress = await progressIfAnswered(operations, cluster);
  const parked = progress?.tasks.filter((t) => t.state === 'parked').map((t) => t.id) ?? [];
  if (progress && task !== undefined) parkedTask(progress, task);
  if (progress && parked.length === 0)
    throw usageError(`Nothing is parked on ${cluster}.`, `See: kha status ${cluster}`);
  const [only, ...others] = parked;
  if (task === undefined && !options.all && (others.length > 0 || only === undefined))
    throw usageError(
      'Which task?',
      `Name one, or give --all.${parked.length > 0 ? ` Parked: ${parked.join(', ')}` : ''}`,
    );
  const chosen = task ?? (options.all ? '*' : (only ?? '*'));
  await operations.retry(cluster, { task: chosen, by: context.by() });
  const what = chosen === '*' ? `All ${parked.length > 0 ? `${parked.length} ` : ''}parked tasks are` : `${chosen} is`;
  context.say(`${context.paintTalk('green', '✔')} ${what} tried again. Watch it: kha status ${cluster} -w`);
  if (!progress) context.say('No kha worker answers now; it is done as soon as one does: kha worker');
};

async function retryCorrected(
  context: Context,
  name: string,
  task: string | undefined,
  options: RetryInput['options'],
): Promise<void> {
  const loaded = await readCluster(context, options);
  await showWarnings(context, loaded);
  if (loaded.cluster.name !== name)
    throw usageError(`The file describes ${loaded.cluster.name}, not ${name}.`, 'Give the file of this cluster.');
  const operations = await context.operations();
  await runningOperation(operations, name);
  const before = (await recorded(context, name)).cluster;
  const changes = diffClusters(before, loaded.cluster);
  if (changes.length > 0) {
    context.say(`The corrected file differs from what is recorded of ${name}:\n`);
    showChanges(context, changes);
    context.say('');
    await context.confirm('Plan the rest of the operation anew from it?', { yes: options.yes, flag: '--yes' });
  } else context.say(`The file says what is recorded already; only the parked tasks are tried again.`);
  await keepSecrets(context, loaded);
  await enrolHosts(context, loaded.cluster, newHosts(before, loaded.cluster), { accept: false, replace: false });
  const quiet: Context = { ...context, say: () => undefined };
  const declaration = await recordDeclaration(quiet, loaded, { acceptChanges: true });
  await operations.retry(name, { task: task ?? '*', declaration, by: context.by() });
  context.say(`${context.paintTalk('green', '✔')} The operation goes on with it. Watch it: kha status ${name} -w`);
}

/** Hosts that are new, or reached in another way than before. */
const newHosts = (before: Cluster, after: Cluster): Cluster['hosts'] =>
  after.hosts.filter(
    (host) => !before.hosts.some((old) => JSON.stringify(old.connection) === JSON.stringify(host.connection)),
  );
