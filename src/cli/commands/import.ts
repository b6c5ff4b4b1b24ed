import { command, flag, type Input, text } from '../command.ts';
import { sourceOptions } from '../options.ts';

const args = {};
const options = {
  inventory: sourceOptions.inventory,
  extraVars: sourceOptions.extraVars,
  name: sourceOptions.name,
  to: text({ value: 'FILE', about: 'Write the cluster file there (default: standard output).', complete: 'file' }),
  force: flag({ about: 'Replace a file that exists.' }),
};
export type ImportInput = Input<typeof args, typeof options>;

export const importCommand = command({
  name: 'import',
  group: 'Clusters and hosts',
  summary: 'Write a cluster file from an Ansible inventory',
  description:
    'Reads an inventory and its variables as kubeadm-ha has them, and writes the cluster file that means the same. Passwords go into the encrypted store; the file refers to them.',
  examples: [
    { does: 'to a file', run: 'kha import -i hosts.ini -e @variables.yaml --to cluster.yaml' },
    { does: 'to look at it', run: 'kha import -i hosts.ini -e @variables.yaml' },
  ],
  see: ['validate', 'secret list'],
  arguments: args,
  options,
  load: () => import('../handlers/import.ts'),
});
