import { command, type Input } from '../command.ts';
import { clusterArgument, parkedArgument, parkedOptions, sourceOptions, yesOption } from '../options.ts';

const args = { cluster: clusterArgument, task: parkedArgument };
const options = {
  ...parkedOptions,
  ...sourceOptions,
  ...yesOption,
};
export type RetryInput = Input<typeof args, typeof options>;

export const retry = command({
  name: 'retry',
  group: 'Watch and decide',
  summary: 'Try a parked task again',
  description:
    'Tells a running operation to try a parked task again, after its cause was repaired. With a corrected file (-f, or -i and -e) the rest of the operation is planned anew from it; the difference is shown first.',
  examples: [
    { does: 'one task', run: 'kha retry demo install-packages/w1' },
    { does: 'all that is parked of a host', run: 'kha retry demo --host w1' },
    { does: 'all hosts of a step', run: "kha retry demo 'install-packages/*'" },
    { does: 'all that are parked', run: 'kha retry demo --all' },
    { does: 'with a corrected file', run: 'kha retry demo -f cluster.yaml' },
  ],
  see: ['status', 'skip', 'abort'],
  arguments: args,
  options,
  load: () => import('../handlers/retry.ts'),
});
