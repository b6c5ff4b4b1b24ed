import { type Blame, KhaError } from '../cluster/error.ts';

/** What kha's process ends with. These numbers are an interface: scripts rely on them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  temporal: 4,
  host: 5,
  operationFailed: 6,
  waiting: 7,
  ending: 8,
  rejected: 9,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every exit code in words, for `kha help exit-codes` and the docs. */
export const exitCodes: { code: ExitCode; meaning: string }[] = [
  { code: EXIT.ok, meaning: 'The command did what it says.' },
  { code: EXIT.failed, meaning: 'It failed for another reason than those below; a defect of kha among them.' },
  { code: EXIT.usage, meaning: 'The command line or a file is wrong. Nothing was touched.' },
  { code: EXIT.notFound, meaning: 'The cluster, host, task or operation that was named is not known.' },
  { code: EXIT.temporal, meaning: 'Temporal can not be reached or refuses the credentials; or no kha worker answers.' },
  { code: EXIT.host, meaning: 'A host can not be reached by SSH, or refuses the login or shows another key.' },
  { code: EXIT.operationFailed, meaning: 'The operation ended and failed, or was aborted.' },
  {
    code: EXIT.waiting,
    meaning: 'The operation waits for a person: something is parked or to be approved, and nothing else can go on.',
  },
  {
    code: EXIT.ending,
    meaning: 'A certificate ends within the time that `kha get certificates --within` names, or has ended.',
  },
  { code: EXIT.rejected, meaning: 'The operation ended because a person rejected what it was about to do.' },
  { code: EXIT.interrupted, meaning: 'Ctrl-C. An operation that was watched goes on.' },
];

const byBlame: Record<Blame, ExitCode> = {
  configuration: EXIT.usage,
  host: EXIT.host,
  cluster: EXIT.failed,
  temporal: EXIT.temporal,
  kha: EXIT.failed,
};

/** Codes whose exit code does not follow from their blame. */
const byCode: Record<string, ExitCode> = {
  KHA1002: EXIT.notFound,
  KHA1103: EXIT.notFound,
  KHA1007: EXIT.operationFailed,
  KHA1008: EXIT.waiting,
  KHA1014: EXIT.rejected,
  KHA7020: EXIT.notFound,
  KHA7021: EXIT.failed,
  KHA7022: EXIT.failed,
  KHA7023: EXIT.failed,
  KHA7024: EXIT.usage,
  KHA1009: EXIT.failed,
  KHA1011: EXIT.failed,
  KHA1012: EXIT.failed,
  KHA1010: EXIT.interrupted,
  KHA1030: EXIT.ending,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof KhaError)) return EXIT.failed;
  return byCode[error.code] ?? byBlame[error.blame];
}
