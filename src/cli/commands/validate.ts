import { command, type Input } from '../command.ts';
import { documentOption, sourceOptions } from '../options.ts';

const args = {};
const options = { ...sourceOptions, ...documentOption };
export type ValidateInput = Input<typeof args, typeof options>;

export const validate = command({
  name: 'validate',
  group: 'Clusters and hosts',
  summary: 'Check a cluster file and touch nothing',
  description:
    'Reads a cluster file, or an Ansible inventory with its variables, and reports everything that is wrong at once, each with file, line, column and the way out. No host is contacted.',
  examples: [
    { does: 'a cluster file', run: 'kha validate -f cluster.yaml' },
    { does: 'the files of kubeadm-ha', run: 'kha validate -i hosts.ini -e @variables.yaml' },
    { does: 'for a program', run: 'kha validate -f cluster.yaml -o json' },
  ],
  see: ['plan', 'import', 'explain'],
  arguments: args,
  options,
  load: () => import('../handlers/validate.ts'),
});
