import type { Blame } from '../error.ts';

/** An error code in words. The message of the error itself says what was wrong in the very case. */
export interface ErrorCode {
  /** `KHA` and four digits, never used again for something else. */
  code: string;
  title: string;
  /** Whose move it is; several where it depends on the case. */
  blame: readonly Blame[];
  meaning: string;
  /** What to do, imperative sentences. */
  wayOut: string;
}
