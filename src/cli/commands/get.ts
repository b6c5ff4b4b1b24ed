import { argument, command, type Input, optionalArgument, text } from '../command.ts';
import { tableOptions } from '../options.ts';

const args = {
  kind: argument({
    about: 'clusters, hosts, workflows or certificates.',
    choices: ['clusters', 'cluster', 'hosts', 'host', 'workflows', 'workflow', 'certificates', 'certificate'],
  }),
  name: optionalArgument({
    about: 'Only the one of this name; of workflows and certificates: the name of their cluster.',
  }),
};
const options = {
  cluster: text({ short: 'c', value: 'NAME', about: 'Only of this cluster.', complete: 'cluster' }),
  within: text({
    value: 'TIME',
    about:
      'Of certificates: end with exit code 8 where one ends within this time, for example 30d, or has ended already.',
  }),
  ...tableOptions,
};
export type GetInput = Input<typeof args, typeof options>;

export const get = command({
  name: 'get',
  group: 'Clusters and hosts',
  summary: 'List clusters, hosts, workflows or certificates',
  description:
    'Lists what kha knows: recorded clusters, their hosts with roles and addresses, and operations, running and past, with what one waits for while nothing of it goes on. The columns can be cut by awk. Certificates are looked at on the hosts, in their files and as they are served; no API server is asked.',
  examples: [
    { does: 'all clusters', run: 'kha get clusters' },
    { does: 'the hosts of one', run: 'kha get hosts -c demo -o wide' },
    { does: 'all operations', run: 'kha get workflows' },
    { does: 'all certificates, and whether one ends soon', run: 'kha get certificates demo --within 30d' },
    { does: 'names only', run: 'kha get hosts -c demo -o name' },
  ],
  see: ['status'],
  arguments: args,
  options,
  load: () => import('../handlers/get.ts'),
});
