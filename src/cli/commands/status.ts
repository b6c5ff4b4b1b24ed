import { command, flag, type Input } from '../command.ts';
import { documentOption, optionalClusterArgument } from '../options.ts';

const args = { cluster: optionalClusterArgument };
const options = {
  watch: flag({ short: 'w', about: 'Follow until the operation is over.' }),
  ...documentOption,
};
export type StatusInput = Input<typeof args, typeof options>;

export const status = command({
  name: 'status',
  group: 'Watch and decide',
  summary: 'How the latest operation of a cluster stands',
  description:
    'Shows every host and task of the running or latest operation: what is done, what runs and for how long, what it waits for, what is parked, why, since when, and what to type to go on. Exit code 6: it failed; 7: it waits for a person.',
  examples: [
    { does: 'now', run: 'kha status demo' },
    { does: 'follow it', run: 'kha status demo -w' },
    { does: 'for a program', run: 'kha status demo -o json' },
  ],
  see: ['logs', 'retry', 'skip', 'abort'],
  arguments: args,
  options,
  load: () => import('../handlers/status.ts'),
});
