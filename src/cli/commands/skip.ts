import { command, type Input, text } from '../command.ts';
import { clusterArgument, parkedArgument, parkedOptions, yesOption } from '../options.ts';

const args = { cluster: clusterArgument, task: parkedArgument };
const options = {
  ...parkedOptions,
  reason: text({ value: 'TEXT', about: 'Why; it is kept in the history.' }),
  ...yesOption,
};
export type SkipInput = Input<typeof args, typeof options>;

export const skip = command({
  name: 'skip',
  group: 'Watch and decide',
  summary: 'Leave a parked task out',
  description:
    'Takes a parked task, or all that is parked of a host, as done. What depends on it is shown first: those tasks will run although it was left out. Who said so and why is kept in the history.',
  examples: [
    { does: 'after doing it by hand', run: 'kha skip demo install-packages/w1 --reason "installed by hand"' },
    { does: 'all that is parked of a host', run: 'kha skip demo --host w1 --reason "installed by hand"' },
  ],
  see: ['status', 'retry', 'abort'],
  arguments: args,
  options,
  load: () => import('../handlers/skip.ts'),
});
