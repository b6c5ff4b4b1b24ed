import { command, type Input, optionalArgument } from '../command.ts';
import { clusterArgument, tableOptions } from '../options.ts';

const args = {
  cluster: clusterArgument,
  run: optionalArgument({ about: 'An operation by its run id or the beginning of it, or latest; absent: lists them.' }),
};
const options = { ...tableOptions };
export type HistoryInput = Input<typeof args, typeof options>;

export const history = command({
  name: 'history',
  group: 'Watch and decide',
  summary: 'Show the operations of a cluster, and who said what to one of them',
  description:
    'Lists the operations that Temporal remembers of a cluster; of one of them who started it, approved, rejected, retried, skipped or aborted, when and why, and what nobody decided in time. Read from the history: operations that are over are there too, and no kha worker is needed. A word is shown with the gates that it decided. Where a worker answers, so is one that came as a plain signal, and words that were not heeded are shown as such.',
  examples: [
    { does: 'all operations', run: 'kha history demo' },
    { does: 'who said what to the latest', run: 'kha history demo latest' },
    { does: 'for an audit', run: 'kha history demo 0198ab12 -o json' },
  ],
  see: ['status', 'approve', 'logs'],
  arguments: args,
  options,
  load: () => import('../handlers/history.ts'),
});
