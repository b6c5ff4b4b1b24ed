import { argument, command, type Input, optionalArgument, text } from '../command.ts';
import { tableOptions } from '../options.ts';

const args = {
  kind: argument({
    about: 'clusters, hosts or workflows.',
    choices: ['clusters', 'cluster', 'hosts', 'host', 'workflows', 'workflow'],
  }),
  name: optionalArgument({ about: 'Only the one of this name.' }),
};
const options = {
  cluster: text({ short: 'c', value: 'NAME', about: 'Only of this cluster.', complete: 'cluster' }),
  ...tableOptions,
};
export type GetInput = Input<typeof args, typeof options>;

export const get = command({
  name: 'get',
  group: 'Clusters and hosts',
  summary: 'List clusters, hosts or workflows',
  description:
    'Lists what kha knows: recorded clusters, their hosts with roles and addresses, and operations, running and past. The columns can be cut by awk.',
  examples: [
    { does: 'all clusters', run: 'kha get clusters' },
    { does: 'the hosts of one', run: 'kha get hosts -c demo -o wide' },
    { does: 'all operations', run: 'kha get workflows' },
    { does: 'names only', run: 'kha get hosts -c demo -o name' },
  ],
  see: ['status'],
  arguments: args,
  options,
  load: () => import('../handlers/get.ts'),
});
