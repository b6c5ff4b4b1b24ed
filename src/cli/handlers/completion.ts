import type { Handler } from '../command.ts';
import type { CompletionInput } from '../commands/completion.ts';
import { completionScripts } from '../completion/scripts.ts';

export const run: Handler<CompletionInput> = async (context, { args }) => {
  context.print(completionScripts[args.shell as keyof typeof completionScripts].trimEnd());
};
