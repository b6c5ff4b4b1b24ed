import { argument, command, type Input } from '../command.ts';

const args = { shell: argument({ about: 'bash, zsh or fish.', choices: ['bash', 'zsh', 'fish'] }) };
const options = {};
export type CompletionInput = Input<typeof args, typeof options>;

export const completion = command({
  name: 'completion',
  group: 'Help',
  summary: 'Completion for your shell',
  description: 'Prints a script that completes commands, options, clusters, hosts, steps and tasks of kha.',
  examples: [
    { does: 'bash, in ~/.bashrc', run: 'source <(kha completion bash)' },
    { does: 'zsh, in ~/.zshrc', run: 'source <(kha completion zsh)' },
    { does: 'fish', run: 'kha completion fish > ~/.config/fish/completions/kha.fish' },
  ],
  arguments: args,
  options,
  load: () => import('../handlers/completion.ts'),
});
