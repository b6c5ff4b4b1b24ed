import {
  ApplicationFailure,
  type ChildWorkflowHandle,
  condition,
  defineQuery,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, TaskInput } from '../activities/contract.ts';
import { type Lane, lanesOf } from '../graph/lanes.ts';
import type { Task } from '../graph/task.ts';
import { type Board, createBoard, isOver } from './board.ts';
import { abortSignal, retrySignal, skipSignal, yieldSignal } from './decisions.ts';
import { detailsOf } from './details.ts';
import { failureOf } from './failure.ts';
import { type LaneResult, runLane, taskNews } from './lane.ts';
import { now } from './now.ts';
import { policies } from './policies.ts';
import {
  type AbortRequest,
  type Failure,
  type OperationInput,
  type OperationResult,
  type Phase,
  PROGRESS_QUERY,
  type Progress,
} from './protocol.ts';

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
  let news = 0;

  const progress = (): Progress => ({
    operation: input.operation,
    cluster: input.cluster,
    phase,
    startedAt,
    stopping: abort !== undefined || corrected !== undefined,
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
    await Promise.all([...running.values()].map(({ handle }) => handle.signal(yieldSignal).catch(() => undefined)));
  };
  const lanesWith = (task: string): RunningLane[] =>
    [...running.values()].filter(({ lane }) => task === '*' || lane.tasks.some((t) => t.id === task));

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
    await Promise.all(
      lanesWith(request.task).map(({ handle }) => handle.signal(retrySignal, request).catch(() => undefined)),
    );
    for (const view of board.all()) {
      const orphan = view.state === 'parked' && lanesWith(view.id).length === 0;
      if (orphan && (request.task === '*' || request.task === view.id))
        board.set(view.id, 'waiting', { round: view.round + 1 });
    }
    news++;
  });
  setHandler(skipSignal, async (request) => {
    await Promise.all(
      lanesWith(request.task).map(({ handle }) => handle.signal(skipSignal, request).catch(() => undefined)),
    );
  });
  setHandler(abortSignal, async (request) => {
    abort = request;
    await stopAtBoundary();
  });

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
    say('facts');
    const { hosts, parallelism } = await proxyActivities<Activities>(policies.quick).hostsOf({ declaration });
    const facts = await gatherFacts({
      hosts,
      parallelism,
      declaration,
      run: runId,
      board,
      onFailure: input.options.onFailure,
      stopped: () => abort !== undefined || corrected !== undefined,
      say,
    });
    endIfAborted();
    if (corrected !== undefined) {
      declaration = corrected;
      continue;
    }

    say('plan');
    const { only, skipSteps, ignorePreflightErrors, approvedPlan } = input.options;
    const { plan } = await proxyActivities<Activities>({ ...policies.quick, summary: 'preflight and plan' }).makePlan({
      operation: input.operation,
      cluster: input.cluster,
      declaration,
      facts,
      ignorePreflightErrors,
      ...(only ? { only } : {}),
      ...(skipSteps ? { skipSteps } : {}),
    });
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

    const context: Omit<TaskInput, 'task' | 'issuedAt'> = {
      cluster: input.cluster,
      declaration,
      facts: plan.facts,
      run: runId,
    };
    const lanes = lanesOf(plan.tasks);
    const start = async (lane: Lane): Promise<void> => {
      const tasks = lane.tasks.filter((t) => !isOver(board.view(t.id).state));
      const first = tasks[0];
      if (!first) return;
      const handle = await startChild(runLane, {
        workflowId: `${workflowId}/${first.id}`,
        args: [{ context, tasks, parent: workflowId, onFailure: input.options.onFailure }],
        typedSearchAttributes,
        staticSummary: laneTitle(lane.host, tasks),
        staticDetails: tasks.map((t) => `- ${t.title}`).join('\n'),
      });
      running.set(lane.id, { lane, handle });
      for (const t of tasks) board.set(t.id, t === first ? 'running' : 'waiting', { round: board.view(t.id).round });
      if (abort || corrected !== undefined) await handle.signal(yieldSignal);
      say();
      let result: LaneResult;
      try {
        result = await handle.result();
      } catch (error) {
        // The child itself was ended from outside: what is left of it parks here.
        result = { views: [] };
        board.set(first.id, 'parked', { failure: failureOf(error) });
      } finally {
        running.delete(lane.id);
      }
      board.take(result.views);
      for (const t of tasks) if (isOver(board.view(t.id).state)) done.set(t.id, fingerprint(t));
      const failed = board.all().find((v) => v.state === 'parked');
      if (failed && input.options.onFailure === 'abort' && !abort) {
        fatal = failed.failure;
        abort = { reason: `${failed.id} failed: ${failed.failure?.message ?? 'no reason known'}` };
        await stopAtBoundary();
      }
      say();
    };

    await walk({
      lanes,
      board,
      limit: parallelism,
      start,
      news: () => news,
      stopped: () => abort !== undefined || corrected !== undefined,
    });
    endIfAborted();
    if (corrected === undefined) {
      say('tidy');
      await inWindows(hosts, parallelism, (host) =>
        proxyActivities<Activities>({ ...policies.quick, summary: `tidy ${host}` }).tidy({
          declaration,
          host,
          run: runId,
        }),
      );
      await proxyActivities<Activities>({ ...policies.quick, summary: 'record the cluster' }).recordCluster({
        cluster: input.cluster,
        declaration,
        run: runId,
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

function laneTitle(host: string, tasks: readonly Task[]): string {
  const [first] = tasks;
  return tasks.length === 1 && first
    ? `${host}: ${first.title}`
    : `${host}: ${tasks.length} steps, ${tasks.map((t) => t.step).join(', ')}`.slice(0, 180);
}

interface Walk {
  lanes: Lane[];
  board: Board;
  limit: number;
  start: (lane: Lane) => Promise<void>;
  news: () => number;
  stopped: () => boolean;
}

/** Starts every lane whose needs are over, at most `limit` at once, until all are over or the walk is stopped. */
async function walk({ lanes, board, limit, start, news, stopped }: Walk): Promise<void> {
  const started = new Map<string, Promise<void>>();
  let broken: unknown;
  const over = (lane: Lane): boolean => lane.tasks.every((t) => isOver(board.view(t.id).state));
  const parked = (lane: Lane): boolean => lane.tasks.some((t) => board.view(t.id).state === 'parked');
  for (;;) {
    if (broken) throw broken;
    const seen = news();
    const finished = new Set(lanes.filter(over).map((l) => l.id));
    if (!stopped()) {
      for (const lane of lanes) {
        if (started.size >= limit) break;
        const ready =
          !finished.has(lane.id) && !started.has(lane.id) && !parked(lane) && lane.needs.every((n) => finished.has(n));
        if (!ready) continue;
        started.set(
          lane.id,
          start(lane).then(
            () => void started.delete(lane.id),
            (error: unknown) => {
              started.delete(lane.id);
              broken = error;
            },
          ),
        );
      }
    }
    const left = lanes.some((l) => !over(l));
    if (started.size === 0 && (stopped() || !left)) return;
    const count = started.size;
    // Wakes for a lane that ended, a signal, or a lane that could not be started.
    await condition(
      () => broken !== undefined || started.size !== count || news() !== seen || (stopped() && started.size === 0),
    );
  }
}

async function inWindows<T>(items: readonly T[], size: number, act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: Math.min(size, queue.length) }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
    }),
  );
}

interface Gathering {
  hosts: string[];
  parallelism: number;
  declaration: string;
  run: string;
  board: Board;
  onFailure: 'park' | 'abort';
  stopped: () => boolean;
  say: () => void;
}

/** Facts of every host; one that can't be read parks until it can. */
async function gatherFacts(g: Gathering): Promise<Record<string, string>> {
  const facts: Record<string, string> = {};
  const idOf = (host: string): string => `gather-facts/${host}`;
  g.board.forget((v) => v.step !== 'gather-facts');
  g.board.add(
    g.hosts.map((host) => ({
      id: idOf(host),
      step: 'gather-facts',
      host,
      title: 'Read the facts of the host',
      needs: [],
      activity: 'applyEffects',
      policy: 'quick',
    })),
  );
  await inWindows(g.hosts, g.parallelism, async (host) => {
    for (let round = 0; !g.stopped(); round++) {
      g.board.set(idOf(host), 'running', { round });
      try {
        facts[host] = await proxyActivities<Activities>({ ...policies.quick, summary: `facts of ${host}` }).gatherFacts(
          { declaration: g.declaration, host, run: g.run },
        );
        g.board.set(idOf(host), 'unchanged', { detail: 'read' });
        return;
      } catch (error) {
        const failure = failureOf(error);
        if (g.onFailure === 'abort') throw error;
        g.board.set(idOf(host), 'parked', { failure });
        g.say();
        await condition(() => g.stopped() || g.board.view(idOf(host)).state !== 'parked');
      }
    }
  });
  return facts;
}
