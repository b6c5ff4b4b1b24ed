import { choice, command, flag, type Input, list } from '../command.ts';
import { documentOption, drainOption, sourceOptions, yesOption } from '../options.ts';

const args = {};
const options = {
  ...sourceOptions,
  dryRun: flag({ about: 'Show the operations and their hosts, and touch nothing.' }),
  removeFirst: list({
    value: 'HOST',
    about: 'Of the hosts that leave, those that go before others come: dead ones, for which etcd would wait.',
  }),
  acceptHostKeys: flag({ about: 'Trust the keys that unknown hosts show now, without a question.' }),
  onFailure: choice({
    value: 'WHAT',
    choices: ['park', 'abort'],
    about:
      'park (default): a task that fails waits for retry, skip or abort. abort: the operation ends, and so does this.',
  }),
  ignorePreflightErrors: list({ value: 'CHECK', about: 'Checks whose errors are shown as warnings; all for all.' }),
  ...drainOption,
  ...yesOption,
  ...documentOption,
};
export type ApplyInput = Input<typeof args, typeof options>;

export const apply = command({
  name: 'apply',
  group: 'Operations',
  summary: 'Make a cluster what a file declares',
  description:
    'Compares what is declared with what is recorded, shows the operations that lead from one to the other, and runs them one after another: hosts are added before others are removed, and settings change last. Where it was killed or an operation failed, the same command goes on with what is left. A cluster that is not recorded is made with init-cluster.',
  examples: [
    { does: 'what would be done', run: 'kha apply -f cluster.yaml --dry-run' },
    { does: 'do it', run: 'kha apply -f cluster.yaml' },
    { does: 'with the groups new-… and del-… of an inventory', run: 'kha apply -i hosts.ini -e @variables.yaml' },
    { does: 'replace a dead master', run: 'kha apply -f cluster.yaml --remove-first m2' },
    { does: 'in a pipeline', run: 'kha apply -f cluster.yaml --yes --accept-host-keys --on-failure abort' },
  ],
  see: ['start-workflow', 'status -w', 'validate'],
  arguments: args,
  options,
  load: () => import('../handlers/apply.ts'),
});
