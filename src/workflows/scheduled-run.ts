import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  type ChildWorkflowHandle,
  continueAsNew,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  sleep,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, ScheduledOrder } from '../activities/contract.ts';
import { formatDuration } from '../formats/duration.ts';
import { now } from './now.ts';
import { policies } from './policies.ts';
import {
  CLUSTER_ATTRIBUTE,
  type Failure,
  OPERATION_ATTRIBUTE,
  type OperationInput,
  type OperationResult,
  type ScheduledInput,
  TASK_QUEUE,
  workflowIdOf,
  workflowTypeOf,
} from './protocol.ts';

/** A try costs some events of the history and no more: it need not be often, the operation waited for takes minutes. */
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 120_000;

const clusterKey = defineSearchAttributeKey(CLUSTER_ATTRIBUTE, 'KEYWORD');
const operationKey = defineSearchAttributeKey(OPERATION_ATTRIBUTE, 'KEYWORD');

type Operation = (input: OperationInput) => Promise<OperationResult>;

/**
 * One time that a schedule came due: waits until no operation runs on the cluster, starts its own as a child under the id that is the
 * cluster's lock, and ends as that ends. The start is in the history before it happens, so that it happens once, whoever dies. The child
 * outlives this workflow, and is ended by its own signal alone.
 */
export async function scheduledRun(input: ScheduledInput): Promise<OperationResult> {
  const { cluster, operation } = input;
  const since = input.since ?? workflowInfo().startTime.getTime();
  const until = since + input.waitSeconds * 1000;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    // It also comes too late where no worker was there for that long.
    const left = until - now();
    if (left <= 0) throw tooLate(input, since);
    // Each time anew: the operation that was waited for may have changed the cluster.
    const order = await proxyActivities<Activities>({
      ...policies.patient,
      scheduleToCloseTimeout: left,
      summary: `what is recorded of ${cluster}`,
    }).prepareScheduled({ cluster, operation, options: input.options, schedule: input.name });
    // A cancellation in the middle of a start would be lost; it is heard of at the next sleep, or too late.
    const child = await CancellationScope.nonCancellable(() => start(input, order));
    if (child) {
      // Whoever looks for operations finds the child; this was its waiting.
      upsertSearchAttributes([{ key: operationKey, value: null }]);
      setCurrentDetails(`It runs as \`${child.workflowId}\`.`);
      return child.result();
    }
    setCurrentDetails(
      `**Waits** since ${minuteOf(since)} for the operation that runs on **${cluster}** (\`${workflowIdOf(cluster)}\`), until ${minuteOf(until)}.\n\nTo end the waiting, cancel this workflow: \`kha schedule cancel ${cluster}/${input.name}\``,
    );
    await sleep(Math.min(pause, Math.max(1, until - now())));
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof scheduledRun>({ ...input, since });
  }
}

/** The operation as a child, or undefined where another one runs on the cluster. */
async function start(
  { cluster, operation, name }: ScheduledInput,
  { declaration, options, summary, details }: ScheduledOrder,
): Promise<ChildWorkflowHandle<Operation> | undefined> {
  try {
    return await startChild<Operation>(workflowTypeOf(operation), {
      workflowId: workflowIdOf(cluster),
      taskQueue: TASK_QUEUE,
      args: [{ operation, cluster, declaration, options }],
      typedSearchAttributes: [
        { key: clusterKey, value: cluster },
        { key: operationKey, value: operation },
      ],
      memo: { operation, cluster, by: `schedule ${name}` },
      staticSummary: summary,
      staticDetails: details,
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

function tooLate({ cluster, operation, name, waitSeconds }: ScheduledInput, since: number): ApplicationFailure {
  const message = `${operation} was due at ${minuteOf(since)} and could not start on ${cluster} within ${formatDuration(waitSeconds)}`;
  const failure: Failure = {
    message,
    code: 'KHA7010',
    blame: 'cluster',
    hint: `Another operation ran all the time, or no kha worker was there: kha get workflows -c ${cluster}. To run it now: kha schedule trigger ${cluster}/${name}`,
    lastLines: [],
  };
  return ApplicationFailure.create({ message, type: 'KHA7010', nonRetryable: true, details: [failure] });
}

const minuteOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;
