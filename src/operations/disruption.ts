import type { Step } from '../graph/step.ts';
import { checkRedundancy } from '../steps/check-redundancy.ts';
import { checkReturn } from '../steps/check-return.ts';
import { drain } from '../steps/drain.ts';
import { settle } from '../steps/settle.ts';
import { uncordon } from '../steps/uncordon.ts';

/** What a host goes through for changes that it can't serve meanwhile: one drain for all of them, and a look at what came of it. For `rolls`. */
export const disruption = (...changes: Step[]): Step[] => [
  checkRedundancy,
  drain,
  ...changes,
  checkReturn,
  uncordon,
  settle,
];
