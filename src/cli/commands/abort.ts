import { command, type Input, text } from '../command.ts';
import { clusterArgument, yesOption } from '../options.ts';

const args = { cluster: clusterArgument };
const options = {
  reason: text({ value: 'TEXT', about: 'Why; it is kept in the history.' }),
  ...yesOption,
};
export type AbortInput = Input<typeof args, typeof options>;

export const abort = command({
  name: 'abort',
  group: 'Watch and decide',
  summary: 'End a running operation',
  description:
    'Ends the running operation of a cluster. Tasks that run now finish first; what was done stays as it is. The operation can be started again later and goes on where the hosts stand. It always ends the whole operation; to go on without one task, skip that.',
  examples: [{ does: 'with a reason for the history', run: 'kha abort demo --reason "wrong network"' }],
  see: ['status', 'retry', 'start-workflow'],
  arguments: args,
  options,
  load: () => import('../handlers/abort.ts'),
});
