import { argument, command, type Input, optionalArgument, text } from '../command.ts';
import { tableOptions, yesOption } from '../options.ts';

const nameArgument = argument({ about: 'Name of the secret, for example demo/sudo.', complete: 'secret' });

const putArgs = { name: nameArgument };
const putOptions = {
  fromFile: text({ value: 'FILE', about: 'Take the content of a file.', complete: 'file' }),
};
export type SecretPutInput = Input<typeof putArgs, typeof putOptions>;

export const secretPut = command({
  name: 'secret put',
  group: 'Clusters and hosts',
  summary: 'Keep a secret, encrypted',
  description:
    'Keeps a password or key in the encrypted store. It is asked for without echo, or read from standard input or a file; never from the command line. A cluster file refers to it as {secret: NAME}.',
  examples: [
    { does: 'asks for it', run: 'kha secret put demo/sudo' },
    { does: 'from a pipe', run: 'pass show demo | kha secret put demo/sudo' },
  ],
  see: ['secret list', 'secret rm'],
  arguments: putArgs,
  options: putOptions,
  load: async () => ({ run: (await import('../handlers/secret.ts')).put }),
});

const listArgs = { prefix: optionalArgument({ about: 'Only names that start so.', complete: 'secret' }) };
export type SecretListInput = Input<typeof listArgs, typeof tableOptions>;

export const secretList = command({
  name: 'secret list',
  group: 'Clusters and hosts',
  summary: 'Names of the secrets that are kept',
  description: 'Lists the names of secrets in the store, never their values.',
  examples: [{ does: 'of one cluster', run: 'kha secret list demo/' }],
  see: ['secret put'],
  arguments: listArgs,
  options: tableOptions,
  load: async () => ({ run: (await import('../handlers/secret.ts')).list }),
});

const removeArgs = { name: nameArgument };
export type SecretRemoveInput = Input<typeof removeArgs, typeof yesOption>;

export const secretRemove = command({
  name: 'secret rm',
  group: 'Clusters and hosts',
  summary: 'Forget a secret',
  description: 'Removes a secret from the store, for good.',
  examples: [{ does: 'asks first', run: 'kha secret rm demo/sudo' }],
  see: ['secret list'],
  arguments: removeArgs,
  options: yesOption,
  load: async () => ({ run: (await import('../handlers/secret.ts')).remove }),
});
