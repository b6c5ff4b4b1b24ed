import type { Finding } from './finding.ts';
import type { Scanner } from './scan-text.ts';
import type { Secret } from './secret.ts';

/** A word of an argument list or an entry of an environment that a process had. */
export interface ProcessWord {
  /** `kha`, or the name of a host. */
  where: string;
  /** Base name of its first argument. */
  program: string;
  pid: string;
  kind: 'argument' | 'environment';
  /** Number of the argument, name of the variable. */
  which: string;
  text: string;
}

/** What was seen of processes during a run, each word once. */
export interface ProcessSamples {
  words: ProcessWord[];
  /** Tokens that kubeadm was given meanwhile: they are gone at the end. */
  tokens: Secret[];
  /** Looks at /proc, processes seen, and by far the longest time between two looks in ms. */
  looks: number;
  processes: number;
  longestGapMs: number;
}

/** Secrets in argument lists and environments. */
export const scanProcesses = (scanner: Scanner, { words }: ProcessSamples): Finding[] =>
  words.flatMap(({ where, program, pid, kind, which, text }) =>
    scanner.scan(`process ${program} (${pid}) of ${where}, ${kind} ${which}`, Buffer.from(text, 'latin1')),
  );
