import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleExecutionActionResult,
  type ScheduleHandle,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleOptions,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Overlap } from '../cluster/schedule.ts';
import { KhaError } from '../cluster/error.ts';
import type { TemporalPlace } from '../ports/operations.ts';
import type { Schedules, ScheduledRun, ScheduleState } from '../ports/schedules.ts';
import {
  CLUSTER_ATTRIBUTE,
  OPERATION_ATTRIBUTE,
  SCHEDULED_TYPE,
  scheduleIdOf,
  type ScheduledInput,
  TASK_QUEUE,
} from '../workflows/protocol.ts';
import { createCall } from './temporal-call.ts';
import { failureOfOperation } from './temporal-errors.ts';
import { connectPlace, summaryOf } from './temporal-operations.ts';

/** Descriptions that are asked for at once. */
const WINDOW = 20;

const clusterKey = defineSearchAttributeKey(CLUSTER_ATTRIBUTE, 'KEYWORD');
const operationKey = defineSearchAttributeKey(OPERATION_ATTRIBUTE, 'KEYWORD');

const OVERLAP: Record<Overlap, ScheduleOverlapPolicy> = {
  skip: ScheduleOverlapPolicy.SKIP,
  'buffer-one': ScheduleOverlapPolicy.BUFFER_ONE,
  'buffer-all': ScheduleOverlapPolicy.BUFFER_ALL,
};

/** The schedules of the Temporal that the home and the environment name; throws what `connectTemporal` throws. */
export async function connectSchedules(
  home: { temporal: string; codecKey: string },
  env: NodeJS.ProcessEnv,
): Promise<Schedules> {
  const { client, place } = await connectPlace(home, env);
  return createSchedules(client, place);
}

/** The schedules of one Temporal namespace, over an open client. */
export function createSchedules(client: Client, place: TemporalPlace): Schedules {
  const call = createCall(client, place);
  const handleOf = (cluster: string, name: string): ScheduleHandle =>
    client.schedule.getHandle(scheduleIdOf(cluster, name));

  /** Undefined where there is no such schedule. */
  const found = <T>(action: () => Promise<T>): Promise<T | undefined> =>
    call(action).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });

  const withState = async (run: ScheduledRun): Promise<ScheduledRun> => {
    const handle = client.workflow.getHandle(run.workflowId, run.runId);
    const about = await call(() => handle.describe()).catch((error: unknown) => {
      // Temporal forgets what is long over.
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
    if (!about) return run;
    const { state } = summaryOf(about);
    const isWaiting = state === 'waiting' && about.typedSearchAttributes.get(operationKey) !== undefined;
    if (state === 'waiting') return { ...run, state: isWaiting ? 'waiting' : 'running' };
    if (state === 'completed' || state === 'cancelled') return { ...run, state };
    const reason = await handle.result().catch((error: unknown) => failureOfOperation(error).message);
    return { ...run, state, ...(typeof reason === 'string' ? { reason } : {}) };
  };

  async function put(input: ScheduledInput, paused: boolean, note: string | undefined): Promise<void> {
    const options = optionsOf(input);
    try {
      await call(() =>
        client.schedule.create({
          ...options,
          scheduleId: scheduleIdOf(input.cluster, input.name),
          state: { paused, ...(note === undefined ? {} : { note }) },
        }),
      );
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await call(() =>
        handleOf(input.cluster, input.name).update(({ state }) => ({
          ...options,
          state: paused ? { ...state, paused, ...(note === undefined ? {} : { note }) } : state,
        })),
      );
    }
  }

  const schedules: Schedules = {
    async list(cluster) {
      const query = cluster === undefined ? `${CLUSTER_ATTRIBUTE} IS NOT NULL` : `${CLUSTER_ATTRIBUTE} = '${cluster}'`;
      const ids = await call(async () => {
        const all: string[] = [];
        for await (const { scheduleId } of client.schedule.list({ query })) all.push(scheduleId);
        return all;
      });
      const states: ScheduleState[] = [];
      for (let i = 0; i < ids.length; i += WINDOW) {
        const window = ids.slice(i, i + WINDOW).map((id) => found(() => client.schedule.getHandle(id).describe()));
        for (const description of await Promise.all(window)) {
          const state = description && stateOf(description);
          if (state) states.push(state);
        }
      }
      const keyOf = ({ input }: ScheduleState): string => `${input.cluster}/${input.name}`;
      return states.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    },

    async describe(cluster, name) {
      const description = await found(() => handleOf(cluster, name).describe());
      const state = description && stateOf(description);
      if (!state) return undefined;
      const of = (runs: ScheduledRun[]): Promise<ScheduledRun[]> => Promise.all(runs.map(withState));
      return { ...state, recent: await of(state.recent), running: await of(state.running) };
    },

    async put(input, { paused = false, note } = {}) {
      try {
        await put(input, paused, note);
      } catch (error) {
        // The client has it as an error of types.
        if (!(error instanceof TypeError)) throw error;
        throw new KhaError(`Temporal refuses the schedule ${input.name}: ${error.message.replace(/\.$/, '')}.`, {
          code: 'KHA1041',
          blame: 'configuration',
          hint: `Check its cron expressions (${input.cron.join('; ')}) and its time zone (${input.timezone}).`,
          cause: error,
        });
      }
    },

    pause: (cluster, name, note) => call(() => handleOf(cluster, name).pause(note)),
    resume: (cluster, name, note) => call(() => handleOf(cluster, name).unpause(note)),

    async trigger(cluster, name) {
      const { policies } = await call(() => handleOf(cluster, name).describe());
      await call(() => handleOf(cluster, name).trigger(policies.overlap));
    },

    delete: async (cluster, name) =>
      (await found(async () => {
        await handleOf(cluster, name).delete();
        return true;
      })) ?? false,

    async cancelWaiting(cluster, name) {
      const query = `WorkflowType = '${SCHEDULED_TYPE}' AND ${CLUSTER_ATTRIBUTE} = '${cluster}' AND ${OPERATION_ATTRIBUTE} IS NOT NULL AND ExecutionStatus = 'Running'`;
      return call(async () => {
        const cancelled: string[] = [];
        for await (const { workflowId, runId, memo } of client.workflow.list({ query })) {
          if (name !== undefined && memo?.['schedule'] !== name) continue;
          await client.workflow.getHandle(workflowId, runId).cancel();
          cancelled.push(workflowId);
        }
        return cancelled;
      });
    },

    close: async () => client.connection.close(),
  };
  return schedules;
}

const isMissing = (error: unknown): boolean => error instanceof ScheduleNotFoundError;

function optionsOf(input: ScheduledInput): Omit<ScheduleOptions, 'scheduleId' | 'state' | 'memo'> {
  const { cluster, name, operation } = input;
  const typedSearchAttributes = [
    { key: clusterKey, value: cluster },
    { key: operationKey, value: operation },
  ];
  return {
    spec: { cronExpressions: input.cron, timezone: input.timezone, jitter: input.jitterSeconds * 1000 },
    action: {
      type: 'startWorkflow',
      workflowType: SCHEDULED_TYPE,
      workflowId: scheduleIdOf(cluster, name),
      taskQueue: TASK_QUEUE,
      args: [input],
      typedSearchAttributes,
      memo: { cluster, operation, schedule: name, by: `schedule ${name}` },
      staticSummary: `${operation} on ${cluster}, by its schedule ${name}`,
    },
    policies: {
      overlap: OVERLAP[input.overlap],
      catchupWindow: input.catchUpSeconds * 1000,
      pauseOnFailure: input.pauseOnFailure,
    },
    typedSearchAttributes,
  };
}

/** Undefined for one that kha did not make. */
function stateOf({ action, state, info }: ScheduleDescription): ScheduleState | undefined {
  const [input] = (action.type === 'startWorkflow' ? (action.args ?? []) : []) as unknown[];
  if (action.workflowType !== SCHEDULED_TYPE || !isInput(input)) return undefined;
  const recent = info.recentActions
    .map(({ scheduledAt, action: taken }): ScheduledRun => ({ at: scheduledAt.getTime(), ...idsOf(taken) }))
    .toReversed();
  return {
    input,
    paused: state.paused,
    ...(state.note === undefined || state.note === '' ? {} : { note: state.note }),
    next: state.paused ? [] : info.nextActionTimes.map((at) => at.getTime()),
    recent,
    running: info.runningActions.map((taken) => {
      const ids = idsOf(taken);
      return { at: recent.find((run) => run.runId === ids.runId)?.at ?? 0, ...ids };
    }),
    counts: {
      started: info.numActionsTaken,
      missed: info.numActionsMissedCatchupWindow,
      skipped: info.numActionsSkippedOverlap,
    },
    createdAt: info.createdAt.getTime(),
    ...(info.lastUpdatedAt ? { updatedAt: info.lastUpdatedAt.getTime() } : {}),
  };
}

const idsOf = ({ workflow }: ScheduleExecutionActionResult): { workflowId: string; runId: string } => ({
  workflowId: workflow.workflowId,
  runId: workflow.firstExecutionRunId,
});

const isInput = (value: unknown): value is ScheduledInput =>
  typeof value === 'object' && value !== null && 'cluster' in value && 'operation' in value && 'cron' in value;
