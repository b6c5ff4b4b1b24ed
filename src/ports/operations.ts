import type {
  AbortRequest,
  Failure,
  GateAnswer,
  GateRequest,
  OperationInput,
  OperationResult,
  Progress,
  RetryRequest,
  SkipRequest,
} from '../workflows/protocol.ts';

/** `waiting`: a schedule's run, for the operation that runs. */
export type OperationState = 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out';

/** One operation, running or over, as Temporal remembers it. */
export interface OperationSummary {
  workflowId: string;
  runId: string;
  cluster: string;
  operation: string;
  state: OperationState;
  /** ms since the epoch. */
  startedAt: number;
  /** Who started it, `user@machine`; operations started by others than kha have none. */
  by?: string;
  endedAt?: number;
}

/** A word as it stands in a history, heeded or not; `expire`: nobody decided on a gate in time. */
export interface Spoken {
  /** ms since the epoch. */
  at: number;
  say: 'retry' | 'skip' | 'abort' | 'approve' | 'reject' | 'expire' | 'cancel' | 'terminate';
  /** As it came; what can't be decrypted stands as a text that says so. */
  input: unknown[];
  /** Gates that an update decided. */
  gates?: string[];
  /** When the workflow heard a signal, ms since the epoch: its own words on it have this time. */
  heardAt?: number;
}

export type Decision = 'approve' | 'reject';

export interface StartedOperation {
  workflowId: string;
  runId: string;
}

/** How an operation ended. */
export type Outcome =
  | { state: 'completed'; result: OperationResult }
  | { state: Exclude<OperationState, 'running' | 'waiting' | 'completed'>; failure: Failure };

/** Where Temporal is, for messages and links. */
export interface TemporalPlace {
  address: string;
  namespace: string;
  /** Base of the Web UI, for example `http://127.0.0.1:8233`; absent where it is not known. */
  ui?: string;
}

/**
 * The operations that Temporal runs. All methods throw KhaError with blame `temporal`: KHA6001 (can't be reached),
 * KHA6011 (refused), KHA6010 (no kha worker answers a query).
 */
export interface Operations {
  place: TemporalPlace;
  /** Throws KHA1006 where an operation of this cluster runs already. */
  start(input: OperationInput, about: { summary: string; details: string; by: string }): Promise<StartedOperation>;
  /** The latest operation of a cluster, or that run of it. */
  describe(cluster: string, runId?: string): Promise<OperationSummary | undefined>;
  /** Progress with the views of running children merged in. Needs a kha worker that answers. */
  progress(cluster: string, runId?: string): Promise<Progress>;
  /** Waits until the run is over. */
  outcome(cluster: string, runId: string): Promise<Outcome>;
  /** Newest first. */
  list(filter: { cluster?: string; running?: boolean; limit: number }): Promise<OperationSummary[]>;
  retry(cluster: string, request: RetryRequest): Promise<void>;
  skip(cluster: string, request: SkipRequest): Promise<void>;
  abort(cluster: string, request: AbortRequest): Promise<void>;
  /**
   * Approves or rejects, and tells on what. Throws KHA7020 to KHA7024 where it is not taken, KHA6010 where no kha worker answers, KHA1002
   * where nothing runs.
   */
  decide(cluster: string, say: Decision, request: GateRequest): Promise<GateAnswer>;
  /** The same without an answer: it is taken, or not, as soon as a worker runs. */
  leaveWord(cluster: string, say: Decision, request: GateRequest): Promise<void>;
  /** What was said to a run, as its history has it, oldest first. Needs no kha worker. */
  spoken(workflowId: string, runId: string): Promise<Spoken[]>;
  /** Kha workers that polled lately, by identity. */
  workers(): Promise<{ identity: string; lastSeen: number }[]>;
  serverVersion(): Promise<string>;
  close(): Promise<void>;
}
