import type { Scenario } from './scenario.ts';

/** What came of a run. */
export interface Outcome {
  seed: number;
  scenario: Scenario;
  /** What is wrong in the end; none: it ended well. */
  problems: string[];
  /** From the start of the operation to its end. */
  seconds: number;
  /** What the operator had to say: retries after something was parked, new starts after a refusal. */
  retries: number;
  starts: number;
  /** What was done, with seconds since the start. */
  story: string[];
}
