import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionInfo,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import proto from '@temporalio/proto';
import { KhaError } from '../cluster/error.ts';
import type { Operations, OperationState, OperationSummary, Outcome, TemporalPlace } from '../ports/operations.ts';
import {
  ABORT_SIGNAL,
  CLUSTER_ATTRIBUTE,
  type Failure,
  type GateAnswer,
  type GateRequest,
  type LaneProgress,
  OPERATION_ATTRIBUTE,
  type OperationResult,
  PROGRESS_QUERY,
  type Progress,
  RETRY_SIGNAL,
  SCHEDULED_TYPE,
  SKIP_SIGNAL,
  TASK_QUEUE,
  operationOf,
  workflowIdOf,
  workflowTypeOf,
} from '../workflows/protocol.ts';
import { alreadyRuns } from './already-runs.ts';
import { CALL_MS, createCall } from './temporal-call.ts';
import { readSpoken } from './operation-history.ts';
import { connectTemporal } from './temporal-client.ts';
import { readServer } from './temporal-dev-server/records.ts';
import { failureOfOperation, isDeadline, nobodyAnswers, temporalError } from './temporal-errors.ts';

const { TaskQueueType } = proto.temporal.api.enums.v1;

/** A query that no worker takes up would wait for long; a busy worker answers well within this. */
const QUERY_MS = 8000;
/** Of a large operation it has thousands of events. */
const HISTORY_MS = 60_000;
/** Queries to lanes that are open at once. */
const WINDOW = 20;

const clusterKey = defineSearchAttributeKey(CLUSTER_ATTRIBUTE, 'KEYWORD');
const operationKey = defineSearchAttributeKey(OPERATION_ATTRIBUTE, 'KEYWORD');

/** Connects to the Temporal that the home and the environment name; throws what `connectTemporal` throws. */
export async function connectOperations(
  home: { temporal: string; codecKey: string },
  env: NodeJS.ProcessEnv,
): Promise<Operations> {
  const { client, place } = await connectPlace(home, env);
  return createOperations(client, place);
}

/** A client, and where it leads to. */
export async function connectPlace(
  home: { temporal: string; codecKey: string },
  env: NodeJS.ProcessEnv,
): Promise<{ client: Client; place: TemporalPlace }> {
  const { client, address, namespace, embedded } = await connectTemporal(home, env);
  const server = embedded ? await readServer(home.temporal) : undefined;
  const ui = env['KHA_TEMPORAL_UI'] ?? (server && `http://127.0.0.1:${server.uiPort}`);
  return { client, place: { address, namespace, ...(ui === undefined ? {} : { ui }) } };
}

/** The operations of one Temporal namespace, over an open client. */
export function createOperations(client: Client, place: TemporalPlace): Operations {
  const { connection } = client;
  const call = createCall(client, place);
  const handleOf = (cluster: string, runId?: string): WorkflowHandle =>
    client.workflow.getHandle(workflowIdOf(cluster), runId);

  async function query<T>(handle: WorkflowHandle): Promise<T> {
    try {
      return await connection.withDeadline(Date.now() + QUERY_MS, () => handle.query<T>(PROGRESS_QUERY));
    } catch (error) {
      // Reached, but nobody answers: that is another trouble than a server that is gone.
      throw temporalError(error, place, { query: true });
    }
  }

  async function signal(cluster: string, name: string, request: object): Promise<void> {
    try {
      await connection.withDeadline(Date.now() + CALL_MS, () => handleOf(cluster).signal(name, request));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw nothingRuns(cluster);
      throw temporalError(error, place);
    }
  }

  const operations: Operations = {
    place,

    async start(input, { summary, details, by }) {
      const searchAttributes: SearchAttributePair[] = [
        { key: clusterKey, value: input.cluster },
        { key: operationKey, value: input.operation },
      ];
      try {
        const handle = await connection.withDeadline(Date.now() + CALL_MS, () =>
          client.workflow.start(workflowTypeOf(input.operation), {
            taskQueue: TASK_QUEUE,
            workflowId: workflowIdOf(input.cluster),
            workflowIdConflictPolicy: 'FAIL',
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            args: [input],
            typedSearchAttributes: new TypedSearchAttributes(searchAttributes),
            memo: { operation: input.operation, cluster: input.cluster, by },
            staticSummary: summary,
            staticDetails: details,
          }),
        );
        return { workflowId: handle.workflowId, runId: handle.firstExecutionRunId };
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError)
          throw alreadyRuns(input.cluster, await operations.describe(input.cluster));
        throw temporalError(error, place);
      }
    },

    async describe(cluster, runId) {
      try {
        return summaryOf(
          await connection.withDeadline(Date.now() + CALL_MS, () => handleOf(cluster, runId).describe()),
        );
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw temporalError(error, place);
      }
    },

    async progress(cluster, runId) {
      const progress = await query<Progress>(handleOf(cluster, runId));
      const views = new Map(progress.tasks.map((t) => [t.id, t]));
      for (let i = 0; i < progress.lanes.length; i += WINDOW) {
        const lanes = await Promise.all(
          progress.lanes.slice(i, i + WINDOW).map((lane) =>
            // A lane that ended in between has told its parent: the next look has it.
            query<LaneProgress>(client.workflow.getHandle(lane.workflowId)).catch(() => undefined),
          ),
        );
        for (const lane of lanes)
          for (const view of lane?.tasks ?? []) {
            const known = views.get(view.id);
            if (known) views.set(view.id, { ...view, needs: known.needs, round: Math.max(view.round, known.round) });
          }
      }
      return { ...progress, tasks: [...views.values()] };
    },

    async outcome(cluster, runId) {
      for (;;) {
        try {
          // Long polls may be cut by proxies and restarts; the wait is for whoever called to end.
          const result = (await handleOf(cluster, runId).result()) as OperationResult;
          return { state: 'completed', result };
        } catch (error) {
          if (error instanceof WorkflowFailedError) return outcomeOf(error);
          if (isDeadline(error)) continue;
          throw temporalError(error, place);
        }
      }
    },

    list: ({ cluster, running, limit }) =>
      call(async () => {
        const found: OperationSummary[] = [];
        const scope =
          cluster === undefined ? `${CLUSTER_ATTRIBUTE} IS NOT NULL` : `${CLUSTER_ATTRIBUTE} = '${cluster}'`;
        // Lanes carry the attributes too; only an operation's own id has no second slash.
        // What came due and has started is its operation; a run of a schedule is told of while it waits, or where it never started.
        const kinds = `WorkflowType != 'runLane' AND (WorkflowType != '${SCHEDULED_TYPE}' OR ${OPERATION_ATTRIBUTE} IS NOT NULL)${running ? " AND ExecutionStatus = 'Running'" : ''}`;
        for await (const info of client.workflow.list({ query: `${scope} AND ${kinds}` })) {
          found.push(summaryOf(info));
          if (found.length >= limit) break;
        }
        return found.sort((a, b) => b.startedAt - a.startedAt);
      }),

    retry: (cluster, request) => signal(cluster, RETRY_SIGNAL, request),
    skip: (cluster, request) => signal(cluster, SKIP_SIGNAL, request),
    leaveWord: (cluster, say, request) => signal(cluster, say, request),
    async decide(cluster, say, request) {
      try {
        return await connection.withDeadline(Date.now() + QUERY_MS, () =>
          handleOf(cluster).executeUpdate<GateAnswer, [GateRequest]>(say, { args: [request] }),
        );
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) throw nothingRuns(cluster);
        if (error instanceof WorkflowUpdateFailedError) throw notTaken(cluster, failureOfOperation(error.cause));
        if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw nobodyAnswers(error);
        throw temporalError(error, place, { query: true });
      }
    },
    abort: (cluster, request) => signal(cluster, ABORT_SIGNAL, request),

    spoken: (workflowId, runId) =>
      call(() => readSpoken(client, client.workflow.getHandle(workflowId, runId)), HISTORY_MS),

    workers: () =>
      call(async () => {
        const { pollers } = await client.workflowService.describeTaskQueue({
          namespace: place.namespace,
          taskQueue: { name: TASK_QUEUE },
          taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        });
        return (pollers ?? []).map((p) => ({
          // What tells processes of one number apart is not for people.
          identity: (p.identity ?? 'unnamed').replace(/\/[0-9a-f]{8}\.[0-9a-f]{8}$/, ''),
          lastSeen: Number(p.lastAccessTime?.seconds ?? 0) * 1000,
        }));
      }),

    serverVersion: () => call(async () => (await client.workflowService.getSystemInfo({})).serverVersion ?? 'unknown'),

    close: () => connection.close(),
  };
  return operations;
}

const STATES: Record<string, OperationState> = {
  RUNNING: 'running',
  PAUSED: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
  CONTINUED_AS_NEW: 'running',
};

type Info = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'type' | 'status' | 'startTime' | 'memo'> & {
  closeTime?: Date | undefined;
};

/** A workflow of kha as an operation; a run of a schedule that is not over counts as waiting. */
export function summaryOf(info: Info): OperationSummary {
  const { by, cluster, operation } = info.memo ?? {};
  const state = STATES[info.status.name] ?? 'running';
  const isScheduled = info.type === SCHEDULED_TYPE;
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    cluster: isScheduled ? String(cluster) : info.workflowId.replace(/^kha\//, ''),
    operation: isScheduled ? String(operation) : operationOf(info.type),
    state: isScheduled && state === 'running' ? 'waiting' : state,
    startedAt: info.startTime.getTime(),
    ...(typeof by === 'string' ? { by } : {}),
    ...(info.closeTime ? { endedAt: info.closeTime.getTime() } : {}),
  };
}

function outcomeOf(error: WorkflowFailedError): Outcome {
  const failure = failureOfOperation(error.cause);
  const name = error.cause?.name;
  if (name === 'CancelledFailure') return { state: 'cancelled', failure };
  if (name === 'TerminatedFailure') return { state: 'terminated', failure };
  return { state: name === 'TimeoutFailure' ? 'timed-out' : 'failed', failure };
}

const notTaken = (cluster: string, { message, code, blame }: Failure): KhaError =>
  new KhaError(`Not taken: ${message}.`, { code, blame, hint: `See how it stands: kha status ${cluster}` });

const nothingRuns = (cluster: string): KhaError =>
  new KhaError(`No operation runs on ${cluster}.`, {
    code: 'KHA1002',
    blame: 'configuration',
    hint: `See what ran: kha get workflows -c ${cluster}`,
  });
