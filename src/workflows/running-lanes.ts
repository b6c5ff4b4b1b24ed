import { type ChildWorkflowHandle, type SignalDefinition, startChild, workflowInfo } from '@temporalio/workflow';
import type { Lane } from '../graph/lanes.ts';
import type { Task } from '../graph/task.ts';
import type { Board } from './board.ts';
import { type Decisions, yieldSignal } from './decisions.ts';
import { failureOf } from './failure.ts';
import { runLane } from './lane.ts';
import type { Progress } from './protocol.ts';
import type { TaskContext } from './run-task.ts';

/** A lane that runs as a child workflow. */
export interface RunningLane {
  lane: Lane;
  handle: ChildWorkflowHandle<typeof runLane>;
}

/** The child workflows of an operation. */
export interface RunningLanes {
  all: () => RunningLane[];
  /** The one that has this task. */
  of: (task: string) => RunningLane | undefined;
  view: () => Progress['lanes'];
  /** Tasks of children that were ended from outside: how far they came is not known. */
  lost: () => ReadonlySet<string>;
  /** Runs tasks of a lane to their end; what is left of a child that was ended from outside parks. */
  run: (lane: Lane, tasks: [Task, ...Task[]], context: TaskContext) => Promise<void>;
}

interface Around {
  board: Board;
  decisions: Decisions;
  say: () => void;
}

export function createRunningLanes({ board, decisions, say }: Around): RunningLanes {
  const { workflowId, typedSearchAttributes } = workflowInfo();
  const running = new Map<string, RunningLane>();
  const lost = new Set<string>();
  return {
    all: () => [...running.values()],
    of: (task) => [...running.values()].find(({ lane }) => lane.tasks.some((t) => t.id === task)),
    view: () =>
      [...running.values()].map(({ lane, handle }) => ({
        workflowId: handle.workflowId,
        tasks: lane.tasks.map((t) => t.id),
      })),
    lost: () => lost,
    run: async (lane, tasks, context) => {
      const [first] = tasks;
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
        for (const t of tasks) lost.add(t.id);
        board.set(first.id, 'parked', { failure: failureOf(error) });
      } finally {
        running.delete(lane.id);
      }
    },
  };
}

const laneTitle = (host: string, tasks: readonly Task[]): string =>
  `${host}: ${tasks.length} steps, ${tasks.map((t) => t.step).join(', ')}`.slice(0, 180);

/** A lane that has ended meanwhile does not hear it, and need not. */
export async function toLanes<A extends unknown[]>(
  lanes: readonly RunningLane[],
  signal: SignalDefinition<A>,
  args: A,
): Promise<void> {
  await Promise.all(lanes.map(({ handle }) => handle.signal(signal, ...args).catch(() => undefined)));
}
