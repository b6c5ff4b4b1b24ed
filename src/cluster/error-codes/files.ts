import type { ErrorCode } from './error-code.ts';

/** Codes of the cluster file. */
export const fileCodes: readonly ErrorCode[] = [
  {
    code: 'KHA2001',
    title: 'The cluster file has errors',
    blame: ['configuration'],
    meaning: 'Each is listed with its place and the way out. All are found at once, and nothing was touched.',
    wayOut: 'Correct the file and run `kha validate` until it is silent.',
  },
  {
    code: 'KHA2002',
    title: 'A file can not be read',
    blame: ['configuration'],
    meaning: 'The path is wrong, or the permissions do not allow it.',
    wayOut: 'Check the path in the message; relative paths start where the command was typed.',
  },
];
