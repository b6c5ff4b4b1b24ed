import { command, flag, type Input, text } from '../command.ts';
import { clusterArgument, documentOption, optionalTaskArgument } from '../options.ts';

const args = { cluster: clusterArgument, task: optionalTaskArgument };
const options = {
  follow: flag({ short: 'f', about: 'Go on with what comes, until the operation is over.' }),
  run: text({ value: 'RUN', about: 'Run id of an earlier operation; see kha get workflows -o wide.' }),
  host: text({ value: 'HOST', about: 'Only of this host.', complete: 'host' }),
  changes: flag({ about: 'Without commands that only read.' }),
  ...documentOption,
};
export type LogsInput = Input<typeof args, typeof options>;

export const logs = command({
  name: 'logs',
  group: 'Watch and decide',
  summary: 'Every remote command of an operation',
  description:
    'Shows the commands that kha ran on the hosts: when, how long, exit code and the last lines of their output. Secrets are never in it.',
  examples: [
    { does: 'of the latest operation', run: 'kha logs demo' },
    { does: 'of one task', run: 'kha logs demo init-first-master/m1' },
    { does: 'follow what changes hosts', run: 'kha logs demo -f --changes' },
  ],
  see: ['status', 'get workflows -o wide'],
  arguments: args,
  options,
  load: () => import('../handlers/logs.ts'),
});
