/**
 * Whose move it is after a failure:
 * - `configuration`: the operator's file or flag is wrong (exit code 2)
 * - `host`: a machine is unreachable, full, or not as it must be
 * - `cluster`: Kubernetes or etcd is not healthy
 * - `temporal`: the Temporal service can't be reached or refuses
 * - `kha`: a defect of kha itself
 */
export type Blame = 'configuration' | 'host' | 'cluster' | 'temporal' | 'kha';

/** A place in a file, all counted from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** One thing that is wrong, where, and the way out. */
export interface Finding {
  /** What is wrong, a full sentence without the place. */
  message: string;
  place?: Place;
  /** Path inside the document, for example `hosts[2].address`. */
  path?: string;
  /** What to do about it, an imperative sentence. */
  hint?: string;
  severity: 'error' | 'warning';
}

export interface KhaErrorOptions {
  /** Stable code for `kha explain error`, for example `KHA2001`. */
  code: string;
  blame: Blame;
  /** What to do about it. */
  hint?: string;
  /** Where: host, step, or task id. */
  where?: string;
  findings?: Finding[];
  /** The last lines of what failed (a command's standard error, a journal). */
  lastLines?: string[];
  /** Trying again can't help: the activity must not be retried. */
  final?: boolean;
  cause?: unknown;
}

/** The one error type that kha throws on purpose; anything else is a defect. */
export class KhaError extends Error {
  readonly code: string;
  readonly blame: Blame;
  readonly hint: string | undefined;
  readonly where: string | undefined;
  readonly findings: Finding[];
  readonly lastLines: string[];
  readonly final: boolean;

  constructor(message: string, options: KhaErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KhaError';
    this.code = options.code;
    this.blame = options.blame;
    this.hint = options.hint;
    this.where = options.where;
    this.findings = options.findings ?? [];
    this.lastLines = options.lastLines ?? [];
    this.final = options.final ?? options.blame === 'configuration';
  }
}
