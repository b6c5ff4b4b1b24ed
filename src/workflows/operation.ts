import {
  CancellationScope,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import { type Lane, lanesOf } from '../graph/lanes.ts';
import type { Plan } from '../graph/plan.ts';
import { bounded, createBoard, isOver } from './board.ts';
import { createGates } from './gates.ts';
import { createDecisions } from './decisions.ts';
import { detailsOf } from './details.ts';
import { endOf, notApproved } from './early-end.ts';
import { failureOf } from './failure.ts';
import { fingerprints } from './fingerprint.ts';
import { gatherAllFacts } from './gather-all-facts.ts';
import { type Course, listen, stopAtBoundary } from './hearing.ts';
import { inWindows } from './in-windows.ts';
import { now } from './now.ts';
import { parkPlan } from './park-plan.ts';
import { type LeftAway, putBack } from './put-back.ts';
import { policies } from './policies.ts';
import {
  type Failure,
  type OperationInput,
  type OperationResult,
  type Phase,
  PROGRESS_QUERY,
  type Progress,
} from './protocol.ts';
import { createRunningLanes } from './running-lanes.ts';
import { runTask, type TaskContext } from './run-task.ts';
import { createSayings } from './said.ts';
import { createTelling } from './tell-gates.ts';
import { walkLanes } from './walk-lanes.ts';

/**
 * Runs any operation: facts, plan, lanes, tidying. The plan is made by an activity, so it stands in the history and a
 * new release of kha does not change a running operation.
 */
export async function runOperation(input: OperationInput): Promise<OperationResult> {
  const { runId } = workflowInfo();
  const { targets, leaving, basis, isUnrecorded, settings, renewal } = input.options;
  const startedAt = now();
  const board = createBoard(now);
  const decisions = createDecisions();
  const sayings = createSayings();
  const course: Course = { declaration: input.declaration };
  const done = new Map<string, string>();
  let phase: Phase = 'facts';
  let planDigest: string | undefined;
  let fatal: Failure | undefined;
  let news = 0;

  const stopped = (): boolean => course.abort !== undefined || course.corrected !== undefined;
  const progress = (): Progress => ({
    operation: input.operation,
    cluster: input.cluster,
    phase,
    startedAt,
    stopping: stopped(),
    ...(planDigest === undefined ? {} : { planDigest }),
    tasks: bounded(board.all()),
    lanes: lanes.view(),
    said: sayings.all(),
  });
  const say = (next?: Phase): void => {
    if (next) phase = next;
    news++;
    setCurrentDetails(detailsOf(progress()));
  };
  const lanes = createRunningLanes({ board, decisions, say });
  const telling = createTelling({
    input,
    sayings,
    declaration: () => course.declaration,
    planDigest: () => planDigest,
  });
  const gates = createGates({
    board,
    decisions,
    sayings,
    planDigest: () => planDigest,
    say: () => say(),
    tell: telling.tell,
    end: async (reason) => {
      course.abort ??= { reason, isRejection: true };
      await stopAtBoundary({ decisions, lanes, say });
    },
  });
  setHandler(defineQuery<Progress>(PROGRESS_QUERY), progress);
  listen({ board, decisions, lanes, gates, sayings, course, phase: () => phase, say });

  let restore = async (): Promise<LeftAway[]> => [];
  const endIfAborted = async (): Promise<void> => {
    if (!course.abort) return;
    const left = await restore();
    await telling.settle();
    say('aborted');
    throw endOf(course.abort, fatal, left);
  };

  /** Waits for a word on a corrected file that can't be carried out. */
  const parkCorrection = async (error: unknown): Promise<void> => {
    await parkPlan({ board, cluster: input.cluster, failure: failureOf(error), say, stopped });
    await endIfAborted();
  };

  for (;;) {
    course.declaration = course.corrected ?? course.declaration;
    delete course.corrected;
    decisions.restart();
    gates.restart();
    const { declaration } = course;
    const declarationOf = (host: string): string => (leaving?.includes(host) ? basis : undefined) ?? declaration;
    say('facts');
    let hosts: string[];
    let helpers: string[] | undefined;
    let parallelism: number;
    try {
      ({ hosts, helpers, parallelism } = await proxyActivities<Activities>(policies.quick).hostsOf({
        operation: input.operation,
        declaration,
        ...(targets ? { targets } : {}),
        ...(leaving ? { leaving, ...(basis === undefined ? {} : { basis }) } : {}),
      }));
    } catch (error) {
      // Only a plain signal can name a declaration that nobody recorded.
      if (declaration === input.declaration || input.options.onFailure === 'abort' || isCancellation(error))
        throw error;
      await parkCorrection(error);
      continue;
    }
    const facts = await gatherAllFacts({
      operation: input.operation,
      settings,
      hosts,
      helpers: helpers ?? [],
      leaving: leaving ?? [],
      parallelism,
      declarationOf,
      board,
      onFailure: input.options.onFailure,
      stopped,
      say,
    });
    await endIfAborted();
    if (course.corrected !== undefined) continue;

    say('plan');
    const { only, skipSteps, approvals, windows, ignorePreflightErrors, approvedPlan } = input.options;
    let plan: Plan;
    try {
      const making = { ...policies.quick, summary: 'preflight and plan' };
      ({ plan } = await proxyActivities<Activities>(making).makePlan({
        operation: input.operation,
        cluster: input.cluster,
        declaration,
        facts,
        run: runId,
        ignorePreflightErrors,
        ...(settings ? { settings } : {}),
        ...(targets ? { targets } : {}),
        ...(leaving ? { leaving } : {}),
        ...(basis === undefined ? {} : { basis }),
        ...(isUnrecorded ? { isUnrecorded } : {}),
        ...(only ? { only } : {}),
        ...(skipSteps ? { skipSteps } : {}),
        ...(approvals ? { approvals } : {}),
        ...(windows ? { windows } : {}),
      }));
      if (approvedPlan !== undefined && approvedPlan !== plan.digest) throw notApproved(plan.digest, approvedPlan);
    } catch (error) {
      // Before the first plan nothing was touched: the operation may as well end. A correction that can't be planned parks.
      if (planDigest === undefined || input.options.onFailure === 'abort' || isCancellation(error)) throw error;
      await parkCorrection(error);
      continue;
    }
    planDigest = plan.digest;

    const fingerprint = fingerprints(plan.tasks, declaration);
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
        ...(targets ? { targets } : {}),
        ...(leaving && basis !== undefined ? { leaving, basis } : {}),
        ...(ignorePreflightErrors.length > 0 ? { ignorePreflightErrors } : {}),
        ...(renewal ? { renewal } : {}),
        ...(settings ? { settings } : {}),
      },
      onFailure: input.options.onFailure,
    };
    restore = () =>
      putBack({
        tasks: plan.tasks,
        board,
        context,
        parallelism,
        lost: lanes.lost(),
        say: () => say('restore'),
      });
    const start = async (lane: Lane): Promise<void> => {
      const tasks = lane.tasks.filter((t) => !isOver(board.view(t.id).state));
      const [first, ...more] = tasks;
      if (!first) return;
      if (more.length === 0) {
        // A child workflow for one task would cost more than the task.
        const tell = async (): Promise<void> => say();
        const run = first.gate
          ? gates.pass(first, context)
          : runTask(first, { ...context, board, decisions, news: tell });
        say();
        await run;
      } else await lanes.run(lane, [first, ...more], context);
      for (const t of tasks) if (isOver(board.view(t.id).state)) done.set(t.id, fingerprint(t));
      const failed = board.all().find((v) => v.state === 'parked');
      if (failed && input.options.onFailure === 'abort' && !course.abort) {
        fatal = failed.failure;
        course.abort = { reason: `${failed.id} failed: ${failed.failure?.message ?? 'no reason known'}` };
        await stopAtBoundary({ decisions, lanes, say });
      }
      say();
    };

    try {
      await walkLanes({ lanes: lanesOf(plan.tasks), board, limit: parallelism, start, news: () => news, stopped });
    } catch (error) {
      if (isCancellation(error)) await CancellationScope.nonCancellable(restore);
      throw error;
    }
    await endIfAborted();
    if (course.corrected === undefined) {
      say('tidy');
      // Jobs of hosts that leave lie on the master that spoke for them, too.
      const touched = leaving
        ? Object.keys(facts)
        : targets
          ? [...new Set(plan.tasks.filter((t) => !t.skip && !t.gate).map((t) => t.host))]
          : hosts;
      await inWindows(touched, parallelism, (host) =>
        proxyActivities<Activities>({ ...policies.quick, summary: `tidy ${host}` }).tidy({
          declaration: declarationOf(host),
          host,
        }),
      );
      if (!isUnrecorded)
        await proxyActivities<Activities>({ ...policies.quick, summary: 'record the cluster' }).recordCluster({
          cluster: input.cluster,
          declaration,
        });
      await telling.settle();
      say('done');
      const count = (state: string): number => board.all().filter((v) => v.state === state && !v.gate).length;
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
  }
}
