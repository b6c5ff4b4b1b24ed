import type { ApprovalRule, ExpiryOutcome } from '../cluster/approvals.ts';
import type { Finding } from '../cluster/error.ts';
import type { Renewal } from '../cluster/renewal.ts';
import type { Opening } from '../cluster/maintenance-window.ts';
import type { Settings } from '../cluster/settings.ts';
import type { Plan } from '../graph/plan.ts';
import type { Task } from '../graph/task.ts';
import type { OperationOptions } from '../workflows/protocol.ts';

/** What every activity that runs a task gets. Small: documents are fetched by digest. */
export interface TaskInput {
  cluster: string;
  declaration: string;
  facts: string;
  /** Run id of the operation's workflow, the key of its log. */
  run: string;
  task: Task;
  /** When the workflow asked for it, ms since the epoch: another one in each round and run. */
  issuedAt: number;
  /** Names of the hosts that the operation is for; absent: all. */
  targets?: string[];
  /** Names of hosts that leave, and digest of the cluster as it was: tasks on them are about that one. */
  leaving?: string[];
  basis?: string;
  /** Of the operation, beside those of the declaration; kubeadm's checks go by them too. */
  ignorePreflightErrors?: string[];
  /** Of the operation, about certificates. */
  renewal?: Renewal;
  /** Of the operation, over the declaration's. */
  settings?: Settings;
}

export interface TaskResult {
  changed: boolean;
  /** One line for people: what was done. */
  detail: string;
  /** What a person should look at, a line each; nothing of it keeps the operation from going on. */
  warnings?: string[];
}

export interface PlanRequest {
  operation: string;
  cluster: string;
  declaration: string;
  /** Digest of each host's facts by host name. */
  facts: Record<string, string>;
  targets?: string[];
  /** Names of hosts that leave: the declaration has them no more, the basis has. */
  leaving?: string[];
  /** Digest of the recorded declaration that this one was made from: it must still be in force. */
  basis?: string;
  isUnrecorded?: true;
  only?: string[];
  skipSteps?: string[];
  approvals?: ApprovalRule[];
  windows?: string[];
  ignorePreflightErrors: string[];
  settings?: Settings;
  /** Run id of the operation's workflow: what it has done already is not planned again. */
  run?: string;
}

/** What a webhook is told of a gate. */
export interface GateNotice {
  event: 'requested' | 'reminder' | 'approved' | 'rejected' | 'expired';
  /** Of this message alone. */
  id: string;
  /** ms since the epoch, as are `since` and `until`. */
  at: number;
  cluster: string;
  operation: string;
  workflowId: string;
  runId: string;
  plan?: string;
  gate: string;
  hosts: string[];
  what: string[];
  why: string;
  detail?: string;
  since?: number;
  until?: number;
  outcome?: ExpiryOutcome;
  by?: string;
  reason?: string;
}

export type TaskActivity = (input: TaskInput) => Promise<TaskResult>;

/** What a run of a schedule starts, of the cluster as it is recorded now. */
export interface ScheduledOrder {
  declaration: string;
  options: OperationOptions;
  /** For the Web UI. */
  summary: string;
  details: string;
}

/** All activities of a kha worker, as workflows see them. */
export interface Activities {
  /** Hosts that an operation reads, and of those without targets `helpers`: hosts that may be down. */
  hostsOf: (input: {
    operation: string;
    declaration: string;
    targets?: string[];
    leaving?: string[];
    /** Where hosts leave: the cluster as it was. */
    basis?: string;
  }) => Promise<{ hosts: string[]; helpers?: string[]; parallelism: number }>;
  /** The zones of the tz database are no part of a workflow: they change. */
  nextOpening: (input: { windows: string[]; at: number; minutes: number }) => Promise<Opening>;
  gatherFacts: (input: {
    declaration: string;
    host: string;
    operation?: string;
    settings?: Settings;
  }) => Promise<string>;
  makePlan: (input: PlanRequest) => Promise<{ plan: Plan; warnings: Finding[] }>;
  tellWebhook: (input: { declaration: string; notice: GateNotice }) => Promise<void>;
  applyEffects: TaskActivity;
  /** `changed`: there is something to ask for. */
  lookBeforeGate: TaskActivity;
  createAuthorities: TaskActivity;
  issueCertificates: TaskActivity;
  certifyAddress: TaskActivity;
  approveServingRequests: TaskActivity;
  renewCertificates: TaskActivity;
  restartReaders: TaskActivity;
  restartKubelet: TaskActivity;
  makeNewAuthorities: TaskActivity;
  trustNewAuthorities: TaskActivity;
  signWithNewAuthorities: TaskActivity;
  retireOldAuthorities: TaskActivity;
  tellAuthorities: TaskActivity;
  endRotation: TaskActivity;
  checkEndpoint: TaskActivity;
  checkEtcd: TaskActivity;
  initFirstMaster: TaskActivity;
  joinEtcd: TaskActivity;
  leaveEtcd: TaskActivity;
  confirmEtcdLost: TaskActivity;
  recoverEtcd: TaskActivity;
  rejoinEtcd: TaskActivity;
  joinMaster: TaskActivity;
  joinWorker: TaskActivity;
  checkHealth: TaskActivity;
  keepSchedules: TaskActivity;
  drainNode: TaskActivity;
  uncordonNode: TaskActivity;
  deleteNode: TaskActivity;
  checkRedundancy: TaskActivity;
  rebootHost: TaskActivity;
  bootKernel: TaskActivity;
  checkReturn: TaskActivity;
  settle: TaskActivity;
  /** Removes what the run left on a host: finished jobs. */
  tidy: (input: { declaration: string; host: string }) => Promise<void>;
  prepareScheduled: (input: {
    cluster: string;
    operation: string;
    options: OperationOptions;
    schedule: string;
  }) => Promise<ScheduledOrder>;
  /** A cluster without hosts is forgotten. */
  recordCluster: (input: { cluster: string; declaration: string }) => Promise<void>;
}
