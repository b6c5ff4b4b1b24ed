import { alreadyRuns } from '../../adapters/already-runs.ts';
import type { Role } from '../../cluster/role.ts';
import type { Operation } from '../../graph/operation.ts';
import type { OperationSummary } from '../../ports/operations.ts';
import { keepSecrets, showWarnings } from '../cluster-source.ts';
import type { Handler } from '../command.ts';
import type { StartWorkflowInput } from '../commands/start-workflow.ts';
import type { Context } from '../context.ts';
import { hostsToEnrol, readDeclaration } from '../declaration.ts';
import { enrolHosts } from '../enrolment.ts';
import { usageError } from '../errors.ts';
import { readOperationOptions } from '../operation-options.ts';
import { demandRenewable, operationFor } from '../renewal-options.ts';
import { demandAccepted, recordDeclaration } from '../record.ts';
import { announce, startOperation, watch } from '../starting.ts';
import { plannedFile, writeFileOf } from '../write-back.ts';

export const run: Handler<StartWorkflowInput> = async (context, { args, options }) => {
  const operation = operationFor(args.operation, options);
  const told = readOperationOptions(operation, options);
  const declared = await readDeclaration(context, operation, options);
  const { loaded, targets, leaving, isUnrecorded } = declared;
  const { cluster } = loaded;
  await showWarnings(context, loaded);
  demandRenewable(cluster, told.renewal);
  if (options.write !== undefined) {
    demandWritable(operation, options);
    await plannedFile(options.write, cluster);
  }

  // Everything that can say no comes before the first thing that is written.
  const operations = await context.operations();
  const running = await operations.describe(cluster.name);
  if (running?.state === 'running') {
    await watchRunning(context, operation.id, cluster.name, running, options);
    if (options.write !== undefined)
      context.say(`${options.write} was not written: say the same command again, it has little to do now.`);
    return;
  }
  if (leaving && leaving.names.length > 0)
    await confirmLeaving(context, operation, cluster.name, leaving.names, options);
  if (declared.basis === undefined && !isUnrecorded) await demandAccepted(context, cluster, options);
  await keepSecrets(context, loaded);
  await enrolHosts(context, cluster, hostsToEnrol(declared), { accept: options.acceptHostKeys, replace: false });
  const store = await context.store();
  const basis = isUnrecorded && leaving ? await store.putObject(leaving.before) : declared.basis;
  const started = await startOperation(context, {
    operation,
    cluster,
    declaration:
      basis === undefined && !isUnrecorded ? await recordDeclaration(context, loaded) : await store.putObject(cluster),
    options: {
      ...told,
      ...(targets ? { targets } : {}),
      ...(leaving ? { leaving: leaving.names } : {}),
      ...(basis === undefined ? {} : { basis }),
      ...(isUnrecorded ? { isUnrecorded } : {}),
      ...(options.approvedPlan === undefined ? {} : { approvedPlan: options.approvedPlan }),
    },
  });
  await announce(context, operation.id, cluster.name, started, options);
  if (options.detach) return;
  await watch(context, operation.id, cluster.name, started.runId, options);
  if (options.write !== undefined) await writeFileOf(context, options.write, cluster);
};

type Options = StartWorkflowInput['options'];

function demandWritable({ adds, removes, takes }: Operation, { host, detach }: Options): void {
  if (host.length === 0 || (adds === undefined && takes === undefined && removes !== 'members'))
    throw usageError('--write is for hosts that --host adds to a cluster or removes from it.', 'Leave --write out.');
  if (detach)
    throw usageError('--write waits for the end of the operation.', 'Leave --detach out, or edit the file yourself.');
}

const WITHOUT: Record<Role, string> = {
  master: 'master',
  worker: 'worker',
  etcd: 'member of the etcd',
  lb: 'load balancer host',
};

async function confirmLeaving(
  context: Context,
  { removes, takes, changes }: Operation,
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
  if (removes === 'lost')
    return context.confirm(
      `What the newest member of etcd in ${cluster} does not have is lost.${names === '' ? '' : ` ${names} will leave the cluster, and must never come back as they were.`} Go on?`,
      { yes, flag: '--yes' },
    );
  const what = takes
    ? `${names} will be ${WITHOUT[takes]} of ${cluster} no more.`
    : removes === 'members' || changes
      ? `${names} will leave ${cluster} and be reset.`
      : `${names} will be reset: all that Kubernetes runs and stores there is lost.`;
  return context.confirm(`${what} Go on?`, { yes, flag: '--yes' });
}

/** One is running already: the same operation may be watched in its place. */
async function watchRunning(
  context: Context,
  operation: string,
  cluster: string,
  running: OperationSummary,
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
  throw alreadyRuns(cluster, running);
}
