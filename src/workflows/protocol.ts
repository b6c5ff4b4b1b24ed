import type { ApprovalRule, ExpiryOutcome } from '../cluster/approvals.ts';
import type { Blame } from '../cluster/error.ts';
import type { Renewal } from '../cluster/renewal.ts';
import type { Settings } from '../cluster/settings.ts';
import type { Timing } from '../cluster/schedule.ts';

/** Workflow id of the one operation that may change a cluster at a time: Temporal itself is the lock. */
export const workflowIdOf = (cluster: string): string => `kha/${cluster}`;

/** Temporal's id of a schedule; that of its runs follows from it, with the time behind. */
export const scheduleIdOf = (cluster: string, name: string): string => `kha/${cluster}/${name}`;

/** `init-cluster` → `initCluster`, the name under which workflows/index.ts exports it. */
export const workflowTypeOf = (operation: string): string =>
  operation.replaceAll(/-([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());

export const operationOf = (workflowType: string): string =>
  workflowType.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const TASK_QUEUE = 'kha';
/** Of the workflow that a schedule starts. */
export const SCHEDULED_TYPE = 'scheduledRun';
/** Keys of a workflow's memo: gates that expired. */
export const EXPIRY_MEMO = 'expired ';
export const PROGRESS_QUERY = 'progress';
export const RETRY_SIGNAL = 'retry';
export const SKIP_SIGNAL = 'skip';
export const ABORT_SIGNAL = 'abort';
/** Names of updates and of signals alike. */
export const APPROVE = 'approve';
export const REJECT = 'reject';
/** Search attributes, Keyword. A run of a schedule has the operation's only while it waits for its turn. */
export const CLUSTER_ATTRIBUTE = 'KhaCluster';
export const OPERATION_ATTRIBUTE = 'KhaOperation';

/** Reading a host. */
export const FACTS_STEP = 'gather-facts';
/** Making the plan from a corrected file, where that parks. */
export const PLAN_STEP = 'make-plan';

export interface OperationInput {
  operation: string;
  cluster: string;
  /** Digest of the cluster's declaration in the store. */
  declaration: string;
  options: OperationOptions;
}

export interface OperationOptions {
  /** Names of the hosts that it is for; absent: all of the declaration. */
  targets?: string[];
  /** Names of hosts that leave: the declaration has them no more, the basis has. */
  leaving?: string[];
  /** Digest of the recorded declaration that this one was made from, where it is not recorded yet: it must still be in force. */
  basis?: string;
  /** Neither declaration nor basis are of the record, which the operation has nothing to do with. */
  isUnrecorded?: true;
  only?: string[];
  skipSteps?: string[];
  /** Who is to be asked, beside those whom the declaration asks. */
  approvals?: ApprovalRule[];
  /** In the place of the declaration's maintenance windows; empty: at any time. */
  windows?: string[];
  /** What a task does that failed for good: wait for the operator, or end the operation. */
  onFailure: 'park' | 'abort';
  /** kubeadm's spelling: names of checks, or `all`. */
  ignorePreflightErrors: string[];
  /** What it was told about certificates. */
  renewal?: Renewal;
  /** Over the declaration's. */
  settings?: Settings;
  /** Refuse to run any plan but the one with this digest. */
  approvedPlan?: string;
}

/** What a schedule gives to each of its runs. */
export interface ScheduledInput extends Timing {
  cluster: string;
  options: OperationOptions;
  /** Who made or changed it, `user@machine`. */
  by: string;
  /** The cluster file declares it. */
  declared?: true;
  /** Of a run that waits in a new history: when it came due, ms since the epoch. */
  since?: number;
}

export interface OperationResult {
  operation: string;
  cluster: string;
  planDigest: string;
  changed: number;
  unchanged: number;
  skipped: number;
  durationMs: number;
}

/** What failed, in a form that any client can print. Holds no secret. */
export interface Failure {
  message: string;
  code: string;
  blame: Blame;
  hint?: string;
  where?: string;
  /** Last lines of the command, of kubelet's journal, of the container. */
  lastLines: string[];
}

/** `asking`: it waits for an approval; `holding`: it waits for a maintenance window. */
export type TaskState = 'waiting' | 'running' | 'changed' | 'unchanged' | 'skipped' | 'parked' | 'asking' | 'holding';

export interface TaskView {
  id: string;
  step: string;
  host: string;
  title: string;
  state: TaskState;
  needs: string[];
  /** ms since the epoch. */
  startedAt?: number;
  endedAt?: number;
  /** What was done, or why it was skipped. */
  detail?: string;
  /** Of what was done: what a person should look at. */
  warnings?: string[];
  failure?: Failure;
  /** It can't be left out. */
  vital?: true;
  /** It waits for a person or a time, and does nothing. */
  gate?: GateView;
  /** How often an operator said retry. */
  round: number;
}

/** What is asked for. `startedAt` of its task tells since when. */
export interface GateView {
  kind: 'approval' | 'window';
  hosts: string[];
  /** Titles of the steps behind it. */
  what: string[];
  why: string;
  /** When it expires, or when the window opens; ms since the epoch. */
  until?: number;
  outcome?: ExpiryOutcome;
  /** A webhook is told of it. */
  tells?: true;
  windows?: string[];
}

export type Phase = 'facts' | 'plan' | 'tasks' | 'restore' | 'tidy' | 'done' | 'aborted';

export interface Progress {
  operation: string;
  cluster: string;
  phase: Phase;
  startedAt: number;
  /** It was told to stop, or to plan anew, and waits for the tasks that run. */
  stopping: boolean;
  planDigest?: string;
  tasks: TaskView[];
  /** Child workflows that run now: ask them for the state of their tasks. */
  lanes: { workflowId: string; tasks: string[] }[];
  /** The latest words, oldest first. */
  said: Said[];
}

/** A child's own view. */
export interface LaneProgress {
  /** It ends after the task that runs. */
  stopping: boolean;
  tasks: TaskView[];
}

/** What somebody said to an operation, and what became of it. */
export interface Said {
  /** ms since the epoch. */
  at: number;
  by?: string;
  /** One line: what was asked for; where it was not heeded, also why. */
  text: string;
  heeded: boolean;
  /** It came as a signal on gates: which it decided, none where it was not heeded. Of updates the history itself tells. */
  signal?: { say: 'approve' | 'reject'; gates: string[] };
}

/** What kha itself sends with a signal; words.ts tells what people may send. */
export interface TaskRequest {
  /** A selection, see selection.ts: task id, `*` for all that are parked, and more. */
  task: string;
  by: string;
}

export interface RetryRequest extends TaskRequest {
  /** Digest of a corrected declaration: the rest of the operation is planned anew from it. */
  declaration?: string;
}

export interface SkipRequest extends TaskRequest {
  reason: string;
  /** `endedAt` of the task when it was looked at: a later failure of it is another matter. */
  parkedAt?: number;
}

export interface GateRequest {
  /** A selection; absent: the only gate that waits. */
  gate?: string;
  reason: string;
  by: string;
  /** Digest of the plan that was looked at, or its beginning. */
  plan?: string;
}

/** What an approval or a rejection was on. */
export interface GateAnswer {
  gates: string[];
}

export interface AbortRequest {
  reason: string;
  by: string;
}
