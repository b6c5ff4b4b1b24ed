import { diffClusters } from '../../config/diff.ts';
import { demandSettings } from '../../config/stages.ts';
import { keepSecrets, namesFiles, readCluster, showWarnings } from '../cluster-source.ts';
import { isForAll } from '../../graph/operation.ts';
import { operationNamed } from '../../operations/registry.ts';
import type { Handler } from '../command.ts';
import type { RetryInput } from '../commands/retry.ts';
import type { Context } from '../context.ts';
import {
  chooseParked,
  demandPlausible,
  listed,
  progressIfAnswered,
  runningOperation,
  selectionsOf,
} from '../decision.ts';
import { enrolHosts, newlyReached } from '../enrolment.ts';
import { usageError } from '../errors.ts';
import { demandHeard } from '../heard.ts';
import { splitList } from '../options.ts';
import { recordDeclaration, showChanges } from '../record.ts';
import { recorded } from '../recorded.ts';

export const run: Handler<RetryInput> = async (context, { args, options }) => {
  const { cluster, task } = args;
  const selections = selectionsOf({ task, hosts: splitList(options.host), all: options.all });
  if (namesFiles(options)) {
    await retryCorrected(context, cluster, selections, options);
    return;
  }
  const operations = await context.operations();
  const { operation } = await runningOperation(operations, cluster);
  const progress = await progressIfAnswered(operations, cluster);
  const by = context.by();
  const tick = context.paintTalk('green', '✔');
  if (!progress) {
    if (selections.length === 0) throw usageError('Which task?', 'Name one, or give --host HOST or --all.');
    await demandPlausible(context, { operation, cluster }, selections);
    for (const selection of selections) await operations.retry(cluster, { task: selection, by });
    context.say(
      `${tick} ${selections.includes('*') ? 'All parked tasks are' : `${selections.join(', ')} is`} tried again.`,
    );
    context.say(
      `No kha worker answers now; it is done as soon as one does: kha worker. What came of it: kha status ${cluster}`,
    );
    return;
  }
  const chosen = chooseParked(progress, selections);
  const words = selections.length > 0 ? selections : chosen.map((t) => t.id);
  for (const word of words) await operations.retry(cluster, { task: word, by });
  await demandHeard(context, operations, cluster, { before: progress, by, words: words.length });
  context.say(
    `${tick} ${listed(chosen)} ${chosen.length === 1 ? 'is' : 'are'} tried again. Watch it: kha status ${cluster} -w`,
  );
};

async function retryCorrected(
  context: Context,
  name: string,
  selections: readonly string[],
  options: RetryInput['options'],
): Promise<void> {
  const loaded = await readCluster(context, options);
  await showWarnings(context, loaded);
  if (loaded.cluster.name !== name)
    throw usageError(`The file describes ${loaded.cluster.name}, not ${name}.`, 'Give the file of this cluster.');
  const operations = await context.operations();
  const { operation } = await runningOperation(operations, name);
  if (!isForAll(operationNamed(operation)))
    throw usageError(
      `${operation} changes what is recorded, and takes no corrected file while it runs.`,
      `End it with kha abort ${name}, correct the record or the file, and start it again with the same hosts: it goes on from where they stand.`,
    );
  const { cluster: before, record } = await recorded(context, name);
  const changes = diffClusters(before, loaded.cluster);
  if (changes.length > 0) {
    context.say(`The corrected file differs from what is recorded of ${name}:\n`);
    showChanges(context, changes);
    context.say('');
    if (record.pending !== 'new') demandSettings(before, loaded.cluster);
    await context.confirm('Plan the rest of the operation anew from it?', { yes: options.yes, flag: '--yes' });
  } else context.say(`The file says what is recorded already; only the parked tasks are tried again.`);
  await keepSecrets(context, loaded);
  await enrolHosts(context, loaded.cluster, newlyReached(before, loaded.cluster), { accept: false, replace: false });
  const declaration = await recordDeclaration(context, loaded);
  // With a corrected file everything that is left is tried again; the selection counts where the file says nothing new.
  await operations.retry(name, {
    task: selections.length > 0 ? selections.join(' ') : '*',
    declaration,
    by: context.by(),
  });
  context.say(`${context.paintTalk('green', '✔')} The operation goes on with it. Watch it: kha status ${name} -w`);
}
