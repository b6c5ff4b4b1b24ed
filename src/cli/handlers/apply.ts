import { alreadyRuns } from '../../adapters/already-runs.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { KhaError } from '../../cluster/error.ts';
import { diffClusters } from '../../config/diff.ts';
import type { LoadedCluster } from '../../config/load.ts';
import { leavingHosts, type Stage, stagesBetween } from '../../config/stages.ts';
import { storedCluster } from '../../config/stored-cluster.ts';
import { operationNamed } from '../../operations/registry.ts';
import type { OperationSummary } from '../../ports/operations.ts';
import type { RecordedCluster } from '../../ports/store.ts';
import { keepSecrets, namesFiles, readCluster, showWarnings } from '../cluster-source.ts';
import type { Handler } from '../command.ts';
import type { ApplyInput } from '../commands/apply.ts';
import type { Context } from '../context.ts';
import { readDrain } from '../drain-words.ts';
import { enrolHosts, newlyReached } from '../enrolment.ts';
import { usageError } from '../errors.ts';
import { splitList } from '../options.ts';
import { document, printDocument } from '../output/document.ts';
import { recordDeclaration } from '../record.ts';
import { announce, startOperation, watch } from '../starting.ts';
import { stageLines } from '../ui/stages.ts';

type Options = ApplyInput['options'];

export const run: Handler<ApplyInput> = async (context, { options }) => {
  if (!namesFiles(options))
    throw usageError('apply needs to know what is declared.', 'Give a cluster file with -f, or an inventory with -i.');
  const drain = readDrain(splitList(options.drain));
  const loaded = await readCluster(context, { ...options, heedRequests: true });
  await showWarnings(context, loaded);
  const { cluster } = loaded;
  const running = await runningOn(context, cluster.name, options);
  if (running) await awaitRunning(context, running, options);

  const { record, before, stages } = await way(context, cluster, splitList(options.removeFirst));
  await printStages(context, options, cluster, before, stages);
  if (stages.length === 0) {
    context.say(
      `${context.paintTalk('green', '✔')} Nothing differs from what is recorded of ${cluster.name}. Whether the hosts are so: kha plan init-cluster --cluster ${cluster.name} --dry-run`,
    );
    return;
  }
  const isText = options.output === undefined || options.output === 'text';
  for (const line of stageLines(cluster.name, before, stages, record?.pending, context.paintTalk))
    if (options.dryRun && isText) context.print(line);
    else context.say(line);
  if (options.dryRun) {
    context.say('\nNothing was touched.');
    return;
  }
  await context.confirm(question(cluster.name, stages), { yes: options.yes, flag: '--yes' });
  await keepSecrets(context, loaded);
  await enrolHosts(context, cluster, before ? newlyReached(before, cluster) : cluster.hosts, {
    accept: options.acceptHostKeys,
    replace: false,
  });

  let basis = record?.cluster;
  for (const [i, stage] of stages.entries()) {
    if (stages.length > 1)
      context.say(`\n${context.paintTalk('bold', `${i + 1} of ${stages.length}: ${stage.operation}`)}`);
    basis = await carryOut(context, stage, { loaded, basis, drain, options, left: stages.length - 1 - i });
  }
  if (stages.length > 1)
    context.say(`\n${context.paintTalk(['bold', 'green'], '✔')} ${cluster.name} is what is declared.`);
};

/** What is recorded, and the operations that lead from there to what is declared. */
async function way(
  context: Context,
  declared: Cluster,
  removeFirst: readonly string[],
): Promise<{ record?: RecordedCluster; before?: Cluster; stages: Stage[] }> {
  const store = await context.store();
  const record = await store.getCluster(declared.name);
  const before = record && (await storedCluster(store, record.cluster));
  const init: Stage = { operation: 'init-cluster', cluster: declared };
  // Before the first operation has ended there may be nobody who could take others in.
  if (!record || !before || record.pending === 'new') return { ...(record ? { record } : {}), stages: [init] };
  const leaving = leavingHosts(before, declared);
  const strange = removeFirst.filter((name) => before.hosts.some((h) => h.name === name) && !leaving.includes(name));
  if (strange.length > 0)
    throw usageError(
      `${strange.join(', ')} would stay in ${declared.name}.`,
      'Take out of the file what is to leave; --remove-first says only when.',
    );
  const stages = stagesBetween(before, declared, { removeFirst });
  if (record.pending && !stages.some((s) => s.operation === 'init-cluster')) stages.push(init);
  return { record, before, stages };
}

/** The operation that runs on the cluster. A dry run does without Temporal. */
async function runningOn(
  context: Context,
  cluster: string,
  { dryRun }: Options,
): Promise<OperationSummary | undefined> {
  try {
    const last = await (await context.operations()).describe(cluster);
    return last?.state === 'running' ? last : undefined;
  } catch (error) {
    if (!dryRun || !(error instanceof KhaError) || error.blame !== 'temporal') throw error;
    context.say(
      `${context.paintTalk('yellow', 'warning:')} ${error.message} Whether an operation runs on ${cluster} is not known.\n`,
    );
    return undefined;
  }
}

/** Watches what runs already: what is left to do is seen from what it records. */
async function awaitRunning(context: Context, running: OperationSummary, options: Options): Promise<void> {
  const { operation, cluster, runId } = running;
  const since = new Date(running.startedAt).toISOString().replace(/\.\d+Z$/, 'Z');
  const what = `On ${cluster} ${operation} has been running since ${since}`;
  const { removes } = operationNamed(operation);
  if (options.dryRun) context.say(`${what}; what follows is from the record as it is before that.\n`);
  else if (removes === 'cluster' || removes === 'strangers') throw alreadyRuns(cluster, running);
  else {
    context.say(`${what}. It comes first, then what is left.\n`);
    await withWayOn(options, 1, () => watch(context, operation, cluster, runId, options));
  }
}

interface Carrying {
  loaded: LoadedCluster;
  /** Digest of the record that the stage changes; none where there is no record yet. */
  basis: string | undefined;
  drain: Partial<Cluster['drain']>;
  options: Options;
  /** Stages behind this one. */
  left: number;
}

/** Runs one operation to its end. Returns the digest of what is recorded then. */
async function carryOut(
  context: Context,
  { operation: id, cluster, targets, leaving }: Stage,
  { loaded, basis, drain, options, left }: Carrying,
): Promise<string> {
  const store = await context.store();
  const operation = operationNamed(id);
  const isForAll = id === 'init-cluster';
  // The operation itself refuses a record that changed; one for all hosts would not notice.
  if ((await store.getCluster(cluster.name))?.cluster !== basis)
    throw new KhaError(`What is recorded of ${cluster.name} changed meanwhile.`, {
      code: 'KHA1005',
      blame: 'configuration',
      hint: `See what is left to do now: ${again(options)} --dry-run`,
    });
  const declaration = isForAll
    ? await recordDeclaration(context, { ...loaded, cluster })
    : await store.putObject(cluster);
  return withWayOn(options, left, async () => {
    const started = await startOperation(context, {
      operation,
      cluster,
      declaration,
      options: {
        onFailure: options.onFailure ?? 'park',
        ignorePreflightErrors: splitList(options.ignorePreflightErrors),
        ...(targets ? { targets } : {}),
        // The host that leaves is of a record that may say otherwise.
        ...(leaving ? { leaving, settings: { drain: { ...cluster.drain, ...drain } } } : {}),
        ...(isForAll || basis === undefined ? {} : { basis }),
      },
    });
    await announce(context, id, cluster.name, started, { output: options.output, detach: false });
    await watch(context, id, cluster.name, started.runId, options);
    return declaration;
  });
}

/** Adds to an error how to come to the operations behind. */
async function withWayOn<T>(options: Options, left: number, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof KhaError) || left === 0) throw error;
    const hint = `${error.hint === undefined ? '' : `${error.hint}\n`}Then go on with what is left: ${again(options)}`;
    throw new KhaError(error.message, {
      code: error.code,
      blame: error.blame,
      hint,
      lastLines: error.lastLines,
      findings: error.findings,
      cause: error,
      ...(error.where === undefined ? {} : { where: error.where }),
    });
  }
}

const again = ({ file, inventory, extraVars, name }: Options): string =>
  [
    'kha apply',
    ...(inventory === undefined ? [] : [`-i ${inventory}`]),
    ...extraVars.map((v) => `-e ${v}`),
    ...file.map((f) => `-f ${f}`),
    ...(name === undefined ? [] : [`--name ${name}`]),
  ].join(' ');

function question(cluster: string, stages: readonly Stage[]): string {
  const resets: Stage['operation'][] = ['remove-node', 'configure-load-balancer'];
  const leaving = stages.flatMap((s) => (resets.includes(s.operation) ? (s.leaving ?? []) : []));
  const what = leaving.length > 0 ? `${leaving.join(', ')} will leave ${cluster} and be reset. ` : '';
  return `${what}Go on?`;
}

async function printStages(
  context: Context,
  { output: format, dryRun }: Options,
  declared: Cluster,
  before: Cluster | undefined,
  stages: readonly Stage[],
): Promise<void> {
  if (format !== 'json' && format !== 'yaml') return;
  const content = document('Stages', {
    cluster: declared.name,
    stages: stages.map(({ operation, cluster, targets, leaving }, i) => ({
      operation,
      hosts: targets ?? (leaving?.length ? leaving : undefined) ?? cluster.hosts.map((h) => h.name),
      ...((operation === 'init-cluster' || operation === 'configure-load-balancer') && before
        ? { changes: diffClusters(stages[i - 1]?.cluster ?? before, cluster) }
        : {}),
    })),
  });
  // One line where others follow.
  if (format === 'json' && !dryRun) context.print(JSON.stringify(content));
  else await printDocument(context, format, content);
}
