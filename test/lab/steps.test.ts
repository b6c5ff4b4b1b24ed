import { dice } from './steps/dice.ts';
import { describeEveryStep } from './steps/every-step.ts';

const seed = process.env['KHA_STEPS_SEED'] ?? '1';

// Before the first command of each effect and one in ten of the others; test/long has them all.
describeEveryStep({
  killing: { roll: dice(seed), every: 10, timed: 1, moments: 1, deaths: 2 },
  ownEtcd: false,
  grows: false,
});
