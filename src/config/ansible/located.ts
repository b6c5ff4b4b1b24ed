import type { SourceFile } from '../source.ts';

/** A value of a variable, and where its text begins. */
export interface Located {
  value: unknown;
  file: SourceFile;
  /** Offset of the value in the file. */
  offset: number;
  /** Offset of the variable's name in the file. */
  nameOffset: number;
}

/** Something wrong at an offset of a file. */
export interface Trouble {
  file: SourceFile;
  offset: number;
  message: string;
  hint?: string;
  severity?: 'error' | 'warning';
}
