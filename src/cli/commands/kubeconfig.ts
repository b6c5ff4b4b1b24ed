import { command, flag, type Input, text } from '../command.ts';
import { clusterArgument } from '../options.ts';

const args = { cluster: clusterArgument };
const options = {
  merge: flag({ about: 'Add it to your kubeconfig (KUBECONFIG, else ~/.kube/config) and make it current.' }),
  print: flag({ about: 'Print it, which is the default without --merge.' }),
  context: text({ value: 'NAME', about: 'Name of the context (default: the name of the cluster).' }),
  server: text({
    value: 'URL',
    about: 'Address of the API server (default: the load balancer, else the first master).',
  }),
  from: text({
    value: 'HOST',
    about: 'The master that it is read from (default: the first that answers).',
    complete: 'host',
  }),
};
export type KubeconfigInput = Input<typeof args, typeof options>;

export const kubeconfig = command({
  name: 'kubeconfig',
  group: 'Clusters and hosts',
  summary: 'Get the kubeconfig of a cluster',
  description:
    'Reads the administrator’s kubeconfig from a master by SSH. With --merge it goes into your own file: a backup is made, other entries stay, the mode is 0600, and the context becomes the current one.',
  examples: [
    { does: 'use it from now on', run: 'kha kubeconfig demo --merge' },
    { does: 'to a file', run: '(umask 077; kha kubeconfig demo > demo.conf)' },
  ],
  see: ['status'],
  arguments: args,
  options,
  load: () => import('../handlers/kubeconfig.ts'),
});
