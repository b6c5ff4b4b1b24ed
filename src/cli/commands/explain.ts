import { argument, command, type Input, optionalArgument } from '../command.ts';
import { documentOption } from '../options.ts';

const args = {
  what: argument({ about: 'step, error, operation, or the path of a field in the cluster file.' }),
  id: optionalArgument({ about: 'Which step, error or operation.' }),
};
export type ExplainInput = Input<typeof args, typeof documentOption>;

export const explain = command({
  name: 'explain',
  group: 'Help',
  summary: 'What a step, an error, an operation or a field means',
  description:
    'Explains a step, an error code, an operation, or a field of the cluster file with its type and default.',
  examples: [
    { does: 'a step', run: 'kha explain step join-master' },
    { does: 'an error', run: 'kha explain error KHA3004' },
    { does: 'an operation and its steps', run: 'kha explain operation init-cluster' },
    { does: 'a field of the cluster file', run: 'kha explain kubernetes.podSubnet' },
  ],
  see: ['plan', 'validate'],
  arguments: args,
  options: documentOption,
  load: () => import('../handlers/explain.ts'),
});
