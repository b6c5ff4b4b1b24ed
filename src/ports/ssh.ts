import type { Connection } from '../cluster/connection.ts';
import type { Command } from '../formats/sh.ts';

export interface ExecOptions {
  /** Written to the command's standard input, then closed. Never logged. */
  stdin?: string | Uint8Array;
  /** Become root (default true). */
  root?: boolean;
  /** Ends the wait (and the channel) after this long. */
  timeoutMs?: number;
  abort?: AbortSignal;
  /** Complete lines of standard output, as they come. */
  onLine?: (line: string) => void;
  /** Output as it comes, byte for byte; for callers that count offsets. */
  onData?: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;
  /** Bytes of stdout and of stderr that are kept; more is dropped from the middle. Default 1 MiB. */
  maxBytes?: number;
}

export interface ExecResult {
  /** null when the command was ended by a signal. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  startedAt: number;
  endedAt: number;
}

export interface HostKey {
  /** For example `ssh-ed25519`. */
  type: string;
  /** As in known_hosts: base64 of the key blob. */
  key: string;
  /** `SHA256:…` as ssh-keygen -l prints it. */
  fingerprint: string;
}

/**
 * Commands on hosts. One connection per host and process, opened at first use, re-opened when it was lost.
 * Throws KhaError with blame `host` (unreachable, authentication, key mismatch, timeout); a command that exits non-zero
 * is a result, not an error.
 */
export interface Ssh {
  exec(to: Connection, command: Command, options?: ExecOptions): Promise<ExecResult>;
  /** The key that the host offers now, without trusting it; for enrolment. */
  offeredKey(to: Connection): Promise<HostKey>;
  close(): Promise<void>;
}
