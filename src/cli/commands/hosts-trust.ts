import { command, flag, type Input, list } from '../command.ts';
import { clusterArgument, sourceOptions, yesOption } from '../options.ts';

const args = { cluster: clusterArgument };
const options = {
  host: list({
    value: 'NAME[=ADDRESS]',
    about: 'Only these hosts; with their address those that are none of the cluster yet.',
    complete: 'host',
  }),
  acceptHostKeys: flag({ about: 'Trust the keys that are shown now, without a question.' }),
  replace: flag({ about: 'Also replace keys that changed, for example after a machine was set up anew.' }),
  file: sourceOptions.file,
  ...yesOption,
};
export type HostsTrustInput = Input<typeof args, typeof options>;

export const hostsTrust = command({
  name: 'hosts trust',
  group: 'Clusters and hosts',
  summary: 'Confirm the SSH keys of hosts',
  description:
    'Asks each host for its SSH key, shows the fingerprints and keeps those that you confirm. kha never talks to a host whose key was not confirmed, or differs from the one that was. Compare with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host.',
  examples: [
    { does: 'all hosts of a cluster', run: 'kha hosts trust demo' },
    { does: 'a host that was set up anew', run: 'kha hosts trust demo --host w3 --replace' },
    { does: 'one that left, and comes back anew', run: 'kha hosts trust demo --host w3=10.0.0.13 --replace' },
  ],
  see: ['start-workflow', 'get hosts -o wide'],
  arguments: args,
  options,
  load: () => import('../handlers/hosts-trust.ts'),
});
