import { KhaError } from '../../cluster/error.ts';
import { operationNamed } from '../../operations/registry.ts';
import type { Operation } from '../../graph/operation.ts';
import type { OperationInput } from '../../workflows/protocol.ts';
import { keepSecrets, showWarnings } from '../cluster-source.ts';
import type { Handler } from '../command.ts';
import type { StartWorkflowInput } from '../commands/start-workflow.ts';
import type { Context } from '../context.ts';
import { hostsToEnrol, readDeclaration } from '../declaration.ts';
import { demandSteps } from '../demand-steps.ts';
import { drainFor } from '../drain-words.ts';
import { sayEnding } from '../endings.ts';
import { enrolHosts } from '../enrolment.ts';
import { follow } from '../follow.ts';
import { webLink } from '../links.ts';
import { splitList } from '../options.ts';
import { document, printDocument } from '../output/document.ts';
import { recordDeclaration } from '../record.ts';

export const run: Handler<StartWorkflowInput> = async (context, { args, options }) => {
  const operation = operationNamed(args.operation);
  const only = splitList(options.only);
  const skipSteps = splitList(options.skipSteps);
  demandSteps(operation, [...only, ...skipSteps]);
  const drain = drainFor(operation, splitList(options.drain));
  const declared = await readDeclaration(context, operation, options);
  const { loaded, targets, leaving, isUnrecorded } = declared;
  const { cluster } = loaded;
  await showWarnings(context, loaded);

  // Everything that can say no comes before the first thing that is written.
  const operations = await context.operations();
  const running = await operations.describe(cluster.name);
  if (running?.state === 'running') {
    await watchRunning(context, operation.id, cluster.name, running, options);
    return;
  }
  if (leaving) await confirmLeaving(context, operation, cluster.name, leaving.names, options);
  await keepSecrets(context, loaded);
  const store = await context.store();
  const basis = isUnrecorded && leaving ? await store.putObject(leaving.before) : declared.basis;
  const declaration =
    basis === undefined ? await recordDeclaration(context, loaded, options) : await store.putObject(cluster);
  await enrolHosts(context, cluster, hostsToEnrol(declared), { accept: options.acceptHostKeys, replace: false });

  const input: OperationInput = {
    operation: operation.id,
    cluster: cluster.name,
    declaration,
    options: {
      onFailure: options.onFailure ?? 'park',
      ignorePreflightErrors: splitList(options.ignorePreflightErrors),
      ...(targets ? { targets } : {}),
      ...(leaving ? { leaving: leaving.names } : {}),
      ...(basis === undefined ? {} : { basis }),
      ...(isUnrecorded ? { isUnrecorded } : {}),
      ...(drain ? { drain } : {}),
      ...(only.length > 0 ? { only } : {}),
      ...(skipSteps.length > 0 ? { skipSteps } : {}),
      ...(options.approvedPlan === undefined ? {} : { approvedPlan: options.approvedPlan }),
    },
  };
  const names = targets ?? leaving?.names ?? cluster.hosts.map((h) => h.name);
  const started = await operations.start(input, {
    summary: `${operation.title}: ${cluster.name}, ${names.length} ${names.length === 1 ? 'host' : 'hosts'}`,
    details: [
      `**${operation.id}** on **${cluster.name}** (Kubernetes ${cluster.kubernetes.version}), started by ${context.by()}`,
      '',
      operation.why,
      '',
      `Hosts: ${names.slice(0, 50).join(', ')}${names.length > 50 ? ', …' : ''}`,
    ].join('\n'),
    by: context.by(),
  });
  await announce(context, operations.place, operation.id, cluster.name, started, options);
  if (options.detach) return;
  await watch(context, operation.id, cluster.name, started.runId, options);
};

type Options = StartWorkflowInput['options'];
type Place = Awaited<ReturnType<Context['operations']>>['place'];

async function confirmLeaving(
  context: Context,
  { removes }: Operation,
  cluster: string,
  hosts: readonly string[],
  { yes, confirm }: Options,
): Promise<void> {
  const names = hosts.join(', ');
  if (removes === 'cluster')
    return context.confirmName(
      `${cluster} will end: ${names} are reset, all that runs and is stored there is lost, and so are its authorities and keys.`,
      { name: cluster, given: confirm, flag: '--confirm' },
    );
  const what =
    removes === 'members'
      ? `${names} will leave ${cluster} and be reset.`
      : `${names} will be reset: all that Kubernetes runs and stores there is lost.`;
  return context.confirm(`${what} Go on?`, { yes, flag: '--yes' });
}

async function announce(
  context: Context,
  place: Place,
  operation: string,
  cluster: string,
  started: { workflowId: string; runId: string },
  options: Options,
): Promise<void> {
  const { paintTalk: paint } = context;
  const link = webLink(place, started.workflowId, started.runId);
  context.say(`${paint('green', '✔')} ${operation} on ${paint('bold', cluster)} runs as ${started.workflowId}`);
  if (link) context.say(paint('dim', `  ${link}`));
  if (options.output === 'json' || options.output === 'yaml') {
    const content = { operation, cluster, ...started, ...(link === undefined ? {} : { webUi: link }) };
    // One line: what follows on standard output is a document a line, too.
    if (options.output === 'json' && !options.detach)
      context.print(JSON.stringify(document('StartedOperation', content)));
    else await printDocument(context, options.output, document('StartedOperation', content));
  } else if (options.detach) {
    context.print(started.workflowId);
    context.say(`  Watch it: kha status ${cluster} -w`);
  } else context.say('');
}

async function watch(
  context: Context,
  operation: string,
  cluster: string,
  runId: string,
  options: Options,
): Promise<void> {
  const mode = options.output === 'json' ? 'json' : context.stdout.isTTY ? 'tree' : 'lines';
  const operations = await context.operations();
  const followed = await follow(context, operations, { cluster, runId, mode, stopWhenStuck: mode !== 'tree' });
  sayEnding(context, operation, cluster, followed);
}

/** One is running already: the same operation may be watched in its place. */
async function watchRunning(
  context: Context,
  operation: string,
  cluster: string,
  running: { operation: string; startedAt: number; runId: string },
  options: Options,
): Promise<void> {
  const since = new Date(running.startedAt).toISOString().replace(/\.\d+Z$/, 'Z');
  if (running.operation === operation && context.interactive && !options.detach) {
    await context.confirm(`${operation} has been running on ${cluster} since ${since}. Watch it?`, {
      yes: options.yes,
      flag: '--yes',
    });
    await watch(context, operation, cluster, running.runId, options);
    return;
  }
  throw new KhaError(
    `On ${cluster} ${running.operation} has been running since ${since}; a cluster has one operation at a time.`,
    {
      code: 'KHA1006',
      blame: 'configuration',
      hint: `Watch it: kha status ${cluster} -w\nEnd it: kha abort ${cluster} --reason …`,
    },
  );
}
