import {
  ApplicationFailure,
  type ChildWorkflowHandle,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  type SignalDefinition,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import { type Lane, lanesOf } from '../graph/lanes.ts';
import type { Plan } from '../graph/plan.ts';
import type { Task } from '../graph/task.ts';
import { createBoard, isOver } from './board.ts';
import { abortSignal, createDecisions, retrySignal, skipping, skipSignal, yieldSignal } from './decisions.ts';
import { detailsOf } from './details.ts';
import { failureOf } from './failure.ts';
import { gatherAllFacts } from './gather-all-facts.ts';
import { inWindows } from './in-windows.ts';
import { runLane, taskNews } from './lane.ts';
import { now } from './now.ts';
import { policies } from './policies.ts';
import { parkPlan } from './park-plan.ts';
import {
  type AbortRequest,
  FACTS_STEP,
  type Failure,
  type OperationInput,
  type OperationResult,
  type Phase,
  PLAN_STEP,
  PROGRESS_QUERY,
  type Progress,
  type TaskView,
} from './protocol.ts';
import { runTask, type TaskContext } from './run-task.ts';
import { walkLanes } from './walk-lanes.ts';

interface RunningLane {
  lane: Lane;
  handle: ChildWorkflowHandle<typeof runLane>;
}

/**
 * Runs any operation: facts, plan, lanes, tidying. The plan is made by an activity, so it stands in the history and a
 * new release of kha does not change a running operation.
 */
export async function runOperation(input: OperationInput): Promise<OperationResult> {
  const { workflowId, runId, typedSearchAttributes } = workflowInfo();
  const startedAt = now();
  const board = createBoard(now);
  const running = new Map<string, RunningLane>();
  const done = new Map<string, string>();
  let phase: Phase = 'facts';
  let planDigest: string | undefined;
  let declaration = input.declaration;
  let corrected: string | undefined;
  let abort: AbortRequest | undefined;
  let fatal: Failure | undefined;
  let decisions = createDecisions();
  let news = 0;

  const stopped = (): boolean => abort !== undefined || corrected !== undefined;
  const progress = (): Progress => ({
    operation: input.operation,
    cluster: input.cluster,
    phase,
    startedAt,
    stopping: stopped(),
    ...(planDigest === undefined ? {} : { planDigest }),
    tasks: board.all(),
    lanes: [...running.values()].map(({ lane, handle }) => ({
      workflowId: handle.workflowId,
      tasks: lane.tasks.map((t) => t.id),
    })),
  });
  const say = (next?: Phase): void => {
    if (next) phase = next;
    news++;
    setCurrentDetails(detailsOf(progress()));
  };
  const stopAtBoundary = async (): Promise<void> => {
    news++;
    decisions.stop();
    await toLanes([...running.values()], yieldSignal, []);
  };
  const lanesWith = (task: string): RunningLane[] =>
    [...running.values()].filter(({ lane }) => task === '*' || lane.tasks.some((t) => t.id === task));

  /** Parked, and nobody waits for a word on it: its child was ended from outside. */
  const isOrphan = (view: TaskView): boolean =>
    view.state === 'parked' && lanesWith(view.id).length === 0 && !decisions.isWaiting(view.id);

  setHandler(defineQuery<Progress>(PROGRESS_QUERY), progress);
  setHandler(taskNews, (view) => {
    board.take([view]);
    say();
  });
  setHandler(retrySignal, async (request) => {
    if (request.declaration !== undefined && request.declaration !== declaration) {
      corrected = request.declaration;
      await stopAtBoundary();
      return;
    }
    decisions.note(request.task, { say: 'retry' });
    await toLanes(lanesWith(request.task), retrySignal, [request]);
    for (const view of board.all()) {
      const orphan = isOrphan(view);
      if (orphan && (request.task === '*' || request.task === view.id))
        board.set(view.id, 'waiting', { round: view.round + 1 });
    }
    news++;
  });
  setHandler(skipSignal, async (request) => {
    decisions.note(request.task, skipping(request));
    await toLanes(lanesWith(request.task), skipSignal, [request]);
    const orphan = board.all().find((v) => v.id === request.task && isOrphan(v));
    // Without facts and plan there is no going on: these can only be retried.
    if (orphan && orphan.step !== FACTS_STEP && orphan.step !== PLAN_STEP) {
      board.set(orphan.id, 'skipped', { detail: request.reason ?? 'skipped by an operator' });
      news++;
    }
  });
  setHandler(abortSignal, async (request) => {
    abort = request;
    await stopAtBoundary();
  });

  const runChild = async (lane: Lane, tasks: Task[], first: Task, context: TaskContext): Promise<void> => {
    const handle = await startChild(runLane, {
      workflowId: `${workflowId}/${first.id}`,
      args: [{ ...context, tasks, parent: workflowId }],
      typedSearchAttributes,
      staticSummary: laneTitle(lane.host, tasks),
      staticDetails: tasks.map((t) => `- ${t.title}`).join('\n'),
    });
    running.set(lane.id, { lane, handle });
    for (const t of tasks) board.set(t.id, t === first ? 'running' : 'waiting', { round: board.view(t.id).round });
    if (decisions.stopped()) await handle.signal(yieldSignal);
    say();
    try {
      board.take((await handle.result()).views);
    } catch (error) {
      // The child itself was ended from outside: what is left of it parks here.
      board.set(first.id, 'parked', { failure: failureOf(error) });
    } finally {
      running.delete(lane.id);
    }
  };

  const endIfAborted = (): void => {
    if (!abort) return;
    say('aborted');
    const message = `aborted: ${abort.reason ?? 'no reason given'}`;
    // Whoever reads how it ended also wants the last lines of what failed.
    const details = fatal ? [{ ...fatal, message, code: 'KHA7001' } satisfies Failure] : [];
    throw ApplicationFailure.create({ message, type: 'KHA7001', nonRetryable: true, details });
  };

  for (;;) {
    corrected = undefined;
    decisions = createDecisions();
    say('facts');
    const { hosts, parallelism } = await proxyActivities<Activities>(policies.quick).hostsOf({ declaration });
    const facts = await gatherAllFacts({
      hosts,
      parallelism,
      declaration,
      board,
      onFailure: input.options.onFailure,
      stopped,
      say,
    });
    endIfAborted();
    if (corrected !== undefined) {
      declaration = corrected;
      continue;
    }

    say('plan');
    const { only, skipSteps, ignorePreflightErrors, approvedPlan } = input.options;
    let plan: Plan;
    try {
      const making = { ...policies.quick, summary: 'preflight and plan' };
      ({ plan } = await proxyActivities<Activities>(making).makePlan({
        operation: input.operation,
        cluster: input.cluster,
        declaration,
        facts,
        ignorePreflightErrors,
        ...(only ? { only } : {}),
        ...(skipSteps ? { skipSteps } : {}),
      }));
    } catch (error) {
      // Before the first plan nothing was touched: the operation may as well end. A correction that can't be planned parks.
      if (planDigest === undefined || input.options.onFailure === 'abort' || isCancellation(error)) throw error;
      await parkPlan({ board, cluster: input.cluster, failure: failureOf(error), say, stopped });
      endIfAborted();
      declaration = corrected ?? declaration;
      continue;
    }
    if (approvedPlan !== undefined && approvedPlan !== plan.digest) {
      throw ApplicationFailure.create({
        message: `the plan is now ${plan.digest.slice(0, 12)}, approved was ${approvedPlan.slice(0, 12)}: hosts or declaration changed since`,
        type: 'KHA7002',
        nonRetryable: true,
      });
    }
    planDigest = plan.digest;

    const fingerprint = (t: Task): string => t.effects ?? `${t.activity} ${declaration}`;
    const before = new Map(board.all().map((v) => [v.id, v]));
    board.forget(() => false);
    board.add(plan.tasks);
    for (const task of plan.tasks) {
      const old = before.get(task.id);
      if (old && done.get(task.id) === fingerprint(task)) board.take([{ ...old, needs: task.needs }]);
    }
    say('tasks');

    const context: TaskContext = {
      input: {
        cluster: input.cluster,
        declaration,
        facts: plan.facts,
        run: runId,
        ...(ignorePreflightErrors.length > 0 ? { ignorePreflightErrors } : {}),
      },
      onFailure: input.options.onFailure,
    };
    const start = async (lane: Lane): Promise<void> => {
      const tasks = lane.tasks.filter((t) => !isOver(board.view(t.id).state));
      const [first, ...more] = tasks;
      if (!first) return;
      if (more.length === 0) {
        // A child workflow for one task would cost more than the task.
        const tell = async (): Promise<void> => say();
        const run = runTask(first, { ...context, board, decisions, news: tell });
        say();
        await run;
      } else await runChild(lane, tasks, first, context);
      for (const t of tasks) if (isOver(board.view(t.id).state)) done.set(t.id, fingerprint(t));
      const failed = board.all().find((v) => v.state === 'parked');
      if (failed && input.options.onFailure === 'abort' && !abort) {
        fatal = failed.failure;
        abort = { reason: `${failed.id} failed: ${failed.failure?.message ?? 'no reason known'}` };
        await stopAtBoundary();
      }
      say();
    };

    await walkLanes({
      lanes: lanesOf(plan.tasks),
      board,
      limit: parallelism,
      start,
      news: () => news,
      stopped,
    });
    endIfAborted();
    if (corrected === undefined) {
      say('tidy');
      await inWindows(hosts, parallelism, (host) =>
        proxyActivities<Activities>({ ...policies.quick, summary: `tidy ${host}` }).tidy({ declaration, host }),
      );
      await proxyActivities<Activities>({ ...policies.quick, summary: 'record the cluster' }).recordCluster({
        cluster: input.cluster,
        declaration,
      });
      say('done');
      const count = (state: string): number => board.all().filter((v) => v.state === state).length;
      return {
        operation: input.operation,
        cluster: input.cluster,
        planDigest: plan.digest,
        changed: count('changed'),
        unchanged: count('unchanged'),
        skipped: count('skipped'),
        durationMs: now() - startedAt,
      };
    }
    declaration = corrected;
  }
}

const laneTitle = (host: string, tasks: readonly Task[]): string =>
  `${host}: ${tasks.length} steps, ${tasks.map((t) => t.step).join(', ')}`.slice(0, 180);

/** A lane that has ended meanwhile does not hear it, and need not. */
async function toLanes<A extends unknown[]>(lanes: RunningLane[], signal: SignalDefinition<A>, args: A): Promise<void> {
  await Promise.all(lanes.map(({ handle }) => handle.signal(signal, ...args).catch(() => undefined)));
}
