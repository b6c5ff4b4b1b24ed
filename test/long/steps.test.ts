import { dice } from '../lab/steps/dice.ts';
import { describeEveryStep } from '../lab/steps/every-step.ts';

// Before every command of every effect, in the middle of what takes long, and etcd on a host that never becomes a node.
describeEveryStep({
  killing: { roll: dice(process.env['KHA_STEPS_SEED'] ?? '1'), every: true, timed: 3, moments: 9, deaths: 3 },
  ownEtcd: true,
  grows: true,
});
