import type { ErrorCode } from './error-code.ts';

/** Codes of defects of kha itself. */
export const defectCodes: readonly ErrorCode[] = [
  {
    code: 'KHA9000',
    title: 'A defect of kha',
    blame: ['kha'],
    meaning: 'Something happened that must not.',
    wayOut: 'Please report it with the output of --debug and of `kha version`.',
  },
  {
    code: 'KHA9001',
    title: 'A damaged installation',
    blame: ['kha'],
    meaning: 'A file that belongs to kha is missing or damaged.',
    wayOut: 'Install kha again.',
  },
];
