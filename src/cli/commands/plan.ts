import { command, flag, type Input, list, text } from '../command.ts';
import {
  documentOption,
  drainOption,
  gateOptions,
  lostOption,
  maintenanceOptions,
  operationArgument,
  partOptions,
  sourceOptions,
  targetOptions,
} from '../options.ts';
import { renewalOptions, rotateOption } from '../renewal-options.ts';

const args = { operation: operationArgument };
const options = {
  ...sourceOptions,
  cluster: text({ value: 'NAME', about: 'A recorded cluster in the place of files.', complete: 'cluster' }),
  ...targetOptions,
  ...lostOption,
  ...gateOptions,
  ...drainOption,
  ...renewalOptions,
  ...rotateOption,
  ...maintenanceOptions,
  ...partOptions,
  dryRun: flag({ about: 'Look at the hosts and show what would change, with differences of files. Changes nothing.' }),
  ignorePreflightErrors: list({ value: 'CHECK', about: 'Checks whose errors are shown as warnings; all for all.' }),
  acceptHostKeys: flag({ about: 'With --dry-run: trust the keys that unknown hosts show now.' }),
  ...documentOption,
};
export type PlanInput = Input<typeof args, typeof options>;

export const plan = command({
  name: 'plan',
  group: 'Operations',
  summary: 'Show what an operation would do',
  description:
    'Shows the tasks of an operation as a tree: which step on which host, and what it waits for. With --dry-run the hosts are read, and every difference between what is there and what would be is shown. Nothing is changed in either case.',
  examples: [
    { does: 'without touching any host', run: 'kha plan init-cluster -f cluster.yaml' },
    { does: 'against the hosts, with differences', run: 'kha plan init-cluster -f cluster.yaml --dry-run' },
    { does: 'what would block a drain', run: 'kha plan remove-node --host w3 --dry-run' },
    { does: 'for a program, or to approve', run: 'kha plan init-cluster -f cluster.yaml --dry-run -o json' },
  ],
  see: ['start-workflow', 'explain operation init-cluster'],
  arguments: args,
  options,
  load: () => import('../handlers/plan.ts'),
});
