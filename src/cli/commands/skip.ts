import { command, type Input, text } from '../command.ts';
import { clusterArgument, taskArgument, yesOption } from '../options.ts';

const args = { cluster: clusterArgument, task: taskArgument };
const options = {
  reason: text({ value: 'TEXT', about: 'Why; it is kept in the history.' }),
  ...yesOption,
};
export type SkipInput = Input<typeof args, typeof options>;

export const skip = command({
  name: 'skip',
  group: 'Watch and decide',
  summary: 'Leave a parked task out',
  description:
    'Takes a parked task as done. What depends on it is shown first: those tasks will run although it was left out.',
  examples: [{ does: 'after doing it by hand', run: 'kha skip demo install-addons/m1 --reason "installed by hand"' }],
  see: ['status', 'retry', 'abort'],
  arguments: args,
  options,
  load: () => import('../handlers/skip.ts'),
});
