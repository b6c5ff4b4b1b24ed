import { KhaError } from '../cluster/error.ts';
import { isForAll, type Operation } from '../graph/operation.ts';
import { operations } from '../operations/registry.ts';
import type { Outcome } from '../ports/operations.ts';
import { FACTS_STEP, type Progress } from '../workflows/protocol.ts';
import type { Context } from './context.ts';
import { canBeSkipped, listed } from './decision.ts';
import type { Followed } from './follow.ts';
import { age } from './output/time.ts';

/** Says how a followed operation ended; throws where the exit code is not 0. */
export function sayEnding(context: Context, operation: string, cluster: string, followed: Followed): void {
  if (followed.end === 'interrupted') throw stoppedWatching(cluster);
  if (followed.end === 'stuck') throw waitsForPerson(operation, cluster, followed.progress, { shown: false });
  sayOutcome(context, operation, cluster, followed.outcome);
  const warned = followed.progress?.tasks.flatMap((t) => t.warnings ?? []).length ?? 0;
  if (warned > 0)
    context.say(
      context.paintTalk('yellow', `  ! ${warned === 1 ? '1 warning' : `${warned} warnings`}:  kha status ${cluster}`),
    );
}

export function sayOutcome(context: Context, operation: string, cluster: string, outcome: Outcome): void {
  if (outcome.state !== 'completed') throw operationFailed(operation, cluster, outcome);
  const { changed, unchanged, skipped, durationMs } = outcome.result;
  const { paintTalk: paint } = context;
  const counts =
    changed === 0
      ? `nothing to change (${unchanged} looked at, ${skipped} skipped)`
      : `${changed} changed, ${unchanged} unchanged, ${skipped} skipped`;
  context.say(
    `\n${paint(['bold', 'green'], '✔')} ${operation} on ${paint('bold', cluster)} is done in ${age(durationMs)}: ${counts}.`,
  );
  context.say(afterwards(operations[operation]?.removes, cluster));
}

function afterwards(removes: Operation['removes'], cluster: string): string {
  const left = 'kernel settings and modules stay in force until the next boot of the hosts';
  if (removes === 'cluster')
    return `  ${cluster} is forgotten, with its authorities and keys. Host keys, credentials and logs are kept; ${left}.`;
  if (removes === 'strangers') return `  Nothing of Kubernetes is left but this: ${left}.`;
  return `  Use it:  kha kubeconfig ${cluster} --merge && kubectl get nodes`;
}

export function operationFailed(
  operation: string,
  cluster: string,
  outcome: Exclude<Outcome, { state: 'completed' }>,
): KhaError {
  const { failure, state } = outcome;
  const words = {
    failed: 'failed',
    cancelled: 'was cancelled',
    terminated: 'was terminated',
    'timed-out': 'timed out',
  };
  if (failure.code === 'KHA7004')
    return new KhaError(`${operation} on ${cluster} was ${failure.message.replace(/\.$/, '')}.`, {
      code: 'KHA1014',
      blame: failure.blame,
      hint: `${failure.hint === undefined ? '' : `${failure.hint}\n`}Who said what: kha history ${cluster} latest\nWhen it may go on: kha start-workflow ${operation} --cluster ${cluster}${sameHosts(operation)}${cordoned(operation)}`,
    });
  const word = failure.message.startsWith('aborted') ? 'was' : `${words[state]}:`;
  return new KhaError(`${operation} on ${cluster} ${word} ${failure.message.replace(/\.$/, '')}.`, {
    code: 'KHA1007',
    blame: failure.blame,
    hint: `${failure.hint === undefined ? '' : `${failure.hint}\n`}See every command: kha logs ${cluster}\nGo on from where the hosts stand: kha start-workflow ${operation} --cluster ${cluster}${sameHosts(operation)}${cordoned(operation)}`,
    lastLines: failure.lastLines,
    ...(failure.where === undefined ? {} : { where: failure.where }),
  });
}

/** An operation on some hosts has to be told them again, one that changes settings its file. */
const sameHosts = (operation: string): string => {
  const known = operations[operation];
  if (known?.removes === 'lost') return ' --lost … (the same hosts)';
  if (known?.changes) return ' -f … (the same file)';
  return known && !isForAll(known) && known.removes !== 'cluster' ? ' --host … (the same hosts)' : '';
};

/** Where a step uncordons, that was done before the end. */
const cordoned = (operation: string): string =>
  operations[operation]?.steps.some((s) => s.activity === 'drainNode') &&
  !operations[operation].steps.some((s) => s.restores)
    ? '\nNodes that were drained take no pods meanwhile; those that are to stay: kubectl uncordon NODE'
    : '';

const stoppedWatching = (cluster: string): KhaError =>
  new KhaError('Stopped watching; the operation goes on.', {
    code: 'KHA1010',
    blame: 'configuration',
    hint: `Come back: kha status ${cluster} -w\nEnd it:    kha abort ${cluster} --reason …`,
  });

/** Is it parked for want of facts alone? */
const isSilent = (parked: Progress['tasks']): boolean => parked.every((t) => t.step === FACTS_STEP);

/** `shown`: the reasons stand above it already. */
export function waitsForPerson(
  operation: string,
  cluster: string,
  progress: Progress,
  options: { shown: boolean },
): KhaError {
  const parked = progress.tasks.filter((t) => t.state === 'parked' && !t.gate);
  if (parked.length === 0) return asksPerson(operation, cluster, progress, options);
  const [first] = parked;
  const skippable = parked.find(canBeSkipped);
  const names = parked.slice(0, 5).map((t) => t.id);
  if (parked.length > names.length) names.push(`${parked.length - names.length} more`);
  return new KhaError(
    `${operation} on ${cluster} waits for a person: parked ${parked.length === 1 ? 'is' : 'are'} ${names.join(', ')}.`,
    {
      code: 'KHA1008',
      blame: first?.failure?.blame ?? 'host',
      hint: [
        ...(options.shown ? [] : [`See why:               kha status ${cluster}`]),
        `After the repair:      kha retry ${cluster} ${parked.length === 1 && first ? first.id : '--all'}`,
        `With a corrected file: kha retry ${cluster} -f cluster.yaml`,
        // A host whose facts are missing can't be left out: there is no plan without them.
        ...(skippable ? [`Leave it out:          kha skip ${cluster} ${skippable.id} --reason …`] : []),
        `End the operation:     kha abort ${cluster} --reason …`,
        ...(isSilent(parked) && operations[operation]?.removes === 'lost'
          ? [
              `Gone for good:         end it, then kha start-workflow ${operation} --cluster ${cluster} --lost ${parked.map((t) => t.host).join(',')}`,
            ]
          : []),
      ].join('\n'),
    },
  );
}

/** Nothing is broken: it is a person's turn. */
function asksPerson(operation: string, cluster: string, { tasks }: Progress, { shown }: { shown: boolean }): KhaError {
  const gates = tasks.filter((t) => t.gate && (t.state === 'asking' || t.state === 'parked'));
  const [first, ...more] = gates;
  const which = more.length === 0 ? (first?.id ?? '') : '--all';
  return new KhaError(`${operation} on ${cluster} waits for an approval: ${listed(gates, 5)}.`, {
    code: 'KHA1008',
    blame: 'configuration',
    hint: [
      ...(shown ? [] : [`See what it wants: kha status ${cluster}`]),
      `Let it happen:     kha approve ${cluster} ${which} --reason …`,
      `Or not:            kha reject ${cluster} ${which} --reason …`,
    ].join('\n'),
  });
}
