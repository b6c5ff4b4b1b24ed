import { createHash } from 'node:crypto';

/** Numbers that look random and are the same each time, from a seed and words: no order of calls matters. */
export type Dice = (...words: (string | number)[]) => number;

/** Each throw is at least 0 and below 1. */
export const dice =
  (seed: string): Dice =>
  (...words) =>
    createHash('sha256')
      .update([seed, ...words].join(' '))
      .digest()
      .readUInt32BE() /
    2 ** 32;
