import { command, flag, type Input, list, optionalArgument, text } from '../command.ts';
import { clusterArgument, tableOptions } from '../options.ts';

const args = {
  cluster: clusterArgument,
  gate: optionalArgument({
    about: 'A gate, such as approve-reboot/w1 or reboot/w1; not needed where one waits only.',
    complete: 'task',
  }),
};
const options = {
  host: list({ value: 'HOST', about: 'The gates of this host.', complete: 'host' }),
  all: flag({ about: 'All gates that ask, and those that will.' }),
  reason: text({ value: 'TEXT', about: 'Why; it is kept in the history.' }),
  plan: text({
    value: 'DIGEST',
    about: 'Only if this plan runs; its beginning is enough. Default: the one that runs now.',
  }),
};
export type DecideInput = Input<typeof args, typeof options>;

export const approve = command({
  name: 'approve',
  group: 'Watch and decide',
  summary: 'Let happen what an operation waits with',
  description:
    'Opens a gate at which an operation asks a person, now or before it gets there. A maintenance window that is named by its id is not waited for. Who said so and why is kept in the history.',
  examples: [
    { does: 'the only one that waits', run: 'kha approve demo --reason "agreed with the users"' },
    { does: 'one of several', run: 'kha approve demo reboot/w1 --reason "agreed with the users"' },
    { does: 'all, also those to come', run: 'kha approve demo --all --reason "change 4711"' },
    { does: 'now, outside of the window', run: 'kha approve demo window/w1 --reason "emergency"' },
  ],
  see: ['reject', 'approvals', 'status', 'history'],
  arguments: args,
  options,
  load: async () => ({ run: (await import('../handlers/decide.ts')).approve }),
});

export const reject = command({
  name: 'reject',
  group: 'Watch and decide',
  summary: 'Do not let happen what an operation waits with',
  description:
    'Says no at a gate. Where the operation is for hosts as they are, such as reboot, the host is left out and the others go on; else the operation ends, after it put back what it took away.',
  examples: [
    { does: 'not this host', run: 'kha reject demo reboot/w1 --reason "its disk is being replaced"' },
    { does: 'nothing of it', run: 'kha reject demo --all --reason "not this week"' },
  ],
  see: ['approve', 'abort', 'approvals'],
  arguments: args,
  options,
  load: async () => ({ run: (await import('../handlers/decide.ts')).reject }),
});

const listArgs = {
  cluster: optionalArgument({ about: 'Only of this cluster.', complete: 'cluster' }),
};
const listOptions = { ...tableOptions };
export type ApprovalsInput = Input<typeof listArgs, typeof listOptions>;

export const approvals = command({
  name: 'approvals',
  group: 'Watch and decide',
  summary: 'Show what waits for an approval, on all clusters',
  description:
    'Lists the gates at which running operations wait, for a person or for a maintenance window: what they want to do, on which hosts, since when and until when.',
  examples: [
    { does: 'everywhere', run: 'kha approvals' },
    { does: 'with reasons', run: 'kha approvals -o wide' },
    { does: 'for a program', run: 'kha approvals demo -o json' },
  ],
  see: ['approve', 'reject', 'status'],
  arguments: listArgs,
  options: listOptions,
  load: () => import('../handlers/approvals.ts'),
});
