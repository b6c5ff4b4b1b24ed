import type { Operations } from '../ports/operations.ts';
import type { Schedules } from '../ports/schedules.ts';
import type { Ssh } from '../ports/ssh.ts';
import type { Store } from '../ports/store.ts';
import type { Paint } from './colour.ts';
import type { Home } from '../home.ts';

/** A stream that a command writes to. */
export interface Out {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  rows?: number | undefined;
}

/** The options that every command understands. */
export interface GlobalOptions {
  color: 'auto' | 'always' | 'never';
  quiet: boolean;
  verbose: boolean;
  debug: boolean;
  /** Temporal, over TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE. */
  address: string | undefined;
  namespace: string | undefined;
}

/** What a handler may use of the world; tests give their own. */
export interface Context {
  env: NodeJS.ProcessEnv;
  global: GlobalOptions;
  /** Data. */
  stdout: Out;
  /** Talk. */
  stderr: Out;
  /** Somebody sits there and can answer. */
  interactive: boolean;
  /** Colours for standard output, and for standard error. */
  paint: Paint;
  paintTalk: Paint;
  now(): number;
  /** Resolves early, without an error, when the signal fires. */
  sleep(ms: number, abort?: AbortSignal): Promise<void>;
  /** Fires at Ctrl-C, once a command asked for it; without it Ctrl-C ends the process. */
  interrupt(): AbortSignal;
  /** A line of data on standard output. */
  print(text: string): void;
  /** A line of talk on standard error; silent with --quiet. */
  say(text: string): void;
  /** Throws KHA1003 without a terminal, KHA1009 where the answer is no. `yes`: answered in advance. */
  confirm(question: string, answer: { yes: boolean; flag: string }): Promise<void>;
  /** Wants the name typed, or `given` in advance. Throws KHA1003 without a terminal, KHA1009 where it is another one. */
  confirmName(question: string, answer: { name: string; given: string | undefined; flag: string }): Promise<void>;
  /** A secret that is typed without echo, or read from standard input where that is no terminal. */
  askSecret(question: string): Promise<string>;
  home(): Home;
  /** Who gives an order, for the record: `user@machine`. */
  by(): string;
  store(): Promise<Store>;
  operations(): Promise<Operations>;
  schedules(): Promise<Schedules>;
  /** Commands on the hosts of a cluster, from this machine. */
  ssh(cluster: string): Promise<Ssh>;
  /** Closes what was opened. */
  close(): Promise<void>;
}
