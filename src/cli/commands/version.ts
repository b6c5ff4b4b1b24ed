import { command, type Input } from '../command.ts';
import { documentOption } from '../options.ts';

const args = {};
export type VersionInput = Input<typeof args, typeof documentOption>;

export const version = command({
  name: 'version',
  group: 'Help',
  summary: 'Versions of kha, Temporal and Kubernetes',
  description:
    'Shows the version of kha and Node, of Temporal where it can be reached, and which Kubernetes kha installs.',
  examples: [{ does: 'for a program', run: 'kha version -o json' }],
  see: ['doctor'],
  arguments: args,
  options: documentOption,
  load: () => import('../handlers/version.ts'),
});
