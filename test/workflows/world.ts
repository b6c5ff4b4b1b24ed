import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { expect, vi } from 'vitest';
import type { Activities, GateNotice, TaskInput } from '../../src/activities/contract.ts';
import { nextOpening } from '../../src/cluster/maintenance-window.ts';
import type { ApprovalGate, Gate, WindowGate } from '../../src/graph/gate.ts';
import { DEFAULTS } from '../../src/cluster/schedule.ts';
import type { ActivityName, Task } from '../../src/graph/task.ts';
import type {
  Failure,
  OperationInput,
  OperationResult,
  Progress,
  ScheduledInput,
} from '../../src/workflows/protocol.ts';
import { startWorker } from './temporal.ts';

export const task = (id: string, needs: string[] = [], more: Partial<Task> = {}): Task => {
  const [step = '', host = ''] = id.split('/');
  return {
    id,
    step,
    host,
    title: step,
    needs,
    activity: 'applyEffects',
    policy: 'quick',
    effects: `digest of ${id}`,
    ...more,
  };
};

/** A gate before tasks of one host. */
export const gate = (
  id: string,
  guards: string[],
  more: Partial<ApprovalGate> | (Partial<WindowGate> & { kind: 'window' }) = {},
  needs: string[] = [],
): Task => {
  const hosts = [...new Set(guards.map((g) => g.slice(g.indexOf('/') + 1)))];
  const base = { guards, hosts, what: guards.map((g) => g.slice(0, g.indexOf('/'))), why: 'because', onReject: 'end' };
  const own = more.kind === 'window' ? { windows: [], hostMinutes: 15 } : { kind: 'approval', outcome: 'park' };
  return task(id, needs, { activity: 'lookBeforeGate', gate: { ...base, ...own, ...more } as Gate });
};

export interface World {
  plans: Record<string, Task[]>;
  /** Default: 10. */
  parallelism?: number;
  /** Hosts that an operation with targets also reads, where they answer. */
  helpers?: string[];
  /** Told of every host that is tidied. */
  onTidy?: (host: string) => void;
  /** What reading a host does; undefined: it succeeds. */
  onFacts?: (host: string) => Promise<void> | void;
  /** What planning waits for. */
  beforePlan?: Promise<void>;
  /** A declaration that nobody recorded. */
  unrecorded?: string;
  /** A declaration that preflight refuses. */
  unplannable?: string;
  /** What a look before a gate finds; undefined: something to do. */
  onLook?: (gate: string) => { changed: boolean; detail: string } | undefined;
  /** What a schedule finds recorded when it starts; default: v1. */
  recorded?: () => string;
  /** What the webhook is told. */
  onNotice?: (notice: GateNotice) => void;
  /** What a task warns of. */
  warnings?: Record<string, string[]>;
  /** What a task does; undefined: it succeeds. */
  on?: (input: TaskInput) => Promise<void> | void;
}

/** What an activity throws that failed for good. */
export const refuse = (message: string): never => {
  const failure: Failure = { message, code: 'KHA3100', blame: 'host', lastLines: ['manifest unknown'] };
  throw ApplicationFailure.create({ message, type: 'KHA3100', nonRetryable: true, details: [failure] });
};

const MAINTAINING = [
  'approveServingRequests',
  'bootKernel',
  'checkHealth',
  'checkRedundancy',
  'checkReturn',
  'drainNode',
  'endRotation',
  'makeNewAuthorities',
  'rebootHost',
  'renewCertificates',
  'restartKubelet',
  'restartReaders',
  'retireOldAuthorities',
  'settle',
  'signWithNewAuthorities',
  'tellAuthorities',
  'trustNewAuthorities',
  'uncordonNode',
] as const satisfies readonly ActivityName[];

/** Fakes of all activities, on the world's terms. */
export function activitiesOf(world: World, ran: string[]): Partial<Activities> {
  const apply = async (input: TaskInput) => {
    await world.on?.(input);
    ran.push(input.task.id);
    const warnings = world.warnings?.[input.task.id];
    return { changed: true, detail: `did ${input.task.id}`, ...(warnings ? { warnings } : {}) };
  };
  return {
    hostsOf: async ({ declaration, targets, leaving }) => ({
      ...(declaration === world.unrecorded ? refuse(`there is no object ${declaration}`) : {}),
      hosts: targets ?? leaving ?? [...new Set((world.plans[declaration] ?? []).map((t) => t.host))],
      ...(world.helpers ? { helpers: world.helpers } : {}),
      parallelism: world.parallelism ?? 10,
    }),
    gatherFacts: async ({ host }) => {
      await world.onFacts?.(host);
      return `facts of ${host}`;
    },
    makePlan: async ({ declaration, operation, cluster }) => {
      await world.beforePlan;
      if (declaration === world.unplannable) return refuse('the hosts are not as they must be');
      return {
        plan: {
          operation,
          cluster,
          declaration,
          facts: 'facts',
          tasks: world.plans[declaration] ?? [],
          digest: `plan of ${declaration}`,
        },
        warnings: [],
      };
    },
    nextOpening: async ({ windows, at, minutes }) => nextOpening(windows, at, minutes),
    lookBeforeGate: async ({ task: { id } }) => world.onLook?.(id) ?? { changed: true, detail: `wants ${id}` },
    prepareScheduled: async ({ options }) => {
      const declaration = world.recorded?.() ?? 'v1';
      return { declaration, options: { ...options, basis: declaration }, summary: 'it', details: 'it' };
    },
    tellWebhook: async ({ notice }) => world.onNotice?.(notice),
    applyEffects: apply,
    // What those of the real plans do that are recorded.
    ...Object.fromEntries(MAINTAINING.map((name) => [name, apply])),
    tidy: async ({ host }) => world.onTidy?.(host),
    recordCluster: async () => undefined,
  };
}

/** The input of an operation on this cluster. */
export const inputOf = (cluster: string, options: Partial<OperationInput['options']> = {}): OperationInput => ({
  operation: 'init-cluster',
  cluster,
  declaration: 'v1',
  options: { onFailure: 'park', ignorePreflightErrors: [], ...options },
});

/** What a schedule gives to its runs. */
export const scheduledOf = (cluster: string, more: Partial<ScheduledInput> = {}): ScheduledInput => ({
  ...DEFAULTS,
  name: 'nightly',
  cluster,
  operation: 'init-cluster',
  cron: ['0 3 * * *'],
  timezone: 'UTC',
  options: { onFailure: 'park', ignorePreflightErrors: [] },
  by: 'ann@desk',
  ...more,
});

/** Starts an operation with a worker of its own, lets the test watch and speak, and waits for its end. */
export async function runIn<T>(
  env: TestWorkflowEnvironment,
  name: string,
  world: World,
  watch: (handle: WorkflowHandle, ran: string[]) => Promise<T>,
  options: Partial<OperationInput['options']> = {},
): Promise<{ result: OperationResult | Error; ran: string[]; seen: T }> {
  const ran: string[] = [];
  const worker = await startWorker(env, activitiesOf(world, ran));
  return worker.runUntil(async () => {
    const handle = await env.client.workflow.start('initCluster', {
      args: [inputOf(name, options)],
      taskQueue: 'kha',
      workflowId: `kha/${name}`,
    });
    const seen = await watch(handle, ran);
    const result = await handle.result().then(
      (r) => r as OperationResult,
      (e: Error) => e,
    );
    return { result, ran, seen };
  });
}

export const progress = (handle: WorkflowHandle): Promise<Progress> => handle.query<Progress>('progress');
/** Waits until a task is in a state. */
export const until = (handle: WorkflowHandle, id: string, state: string) =>
  vi.waitFor(
    async () => {
      const view = (await progress(handle)).tasks.find((t) => t.id === id);
      expect(view?.state).toBe(state);
      return view;
    },
    { timeout: 60_000, interval: 100 },
  );
