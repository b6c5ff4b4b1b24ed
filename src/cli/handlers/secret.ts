import { readFile } from 'node:fs/promises';
import type { Handler } from '../command.ts';
import type { SecretListInput, SecretPutInput, SecretRemoveInput } from '../commands/secret.ts';
import { notFound, usageError } from '../errors.ts';
import { printRows } from '../output/print-rows.ts';

export const put: Handler<SecretPutInput> = async (context, { args: { name }, options }) => {
  const value =
    options.fromFile === undefined ? await context.askSecret(`Value of ${name}`) : await contentOf(options.fromFile);
  await (await context.store()).putSecret(name, value);
  context.say(`${context.paintTalk('green', '✔')} ${name} is kept, encrypted. In a cluster file: {secret: ${name}}`);
};

async function contentOf(path: string): Promise<string> {
  try {
    // Editors end files with a line end that is not part of the secret; a password with one would be refused.
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw usageError(`${path} can't be read: ${cause instanceof Error ? cause.message : String(cause)}.`);
  }
}

export const list: Handler<SecretListInput> = async (context, { args, options }) => {
  const rows = await (await context.store()).listSecrets(args.prefix ?? '');
  await printRows(
    context,
    {
      kind: 'SecretName',
      rows,
      columns: [{ header: 'NAME', value: (name) => name }],
      name: (name) => name,
      item: (name) => ({ metadata: { name } }),
      empty: 'No secret is kept.',
    },
    options,
  );
};

export const remove: Handler<SecretRemoveInput> = async (context, { args: { name }, options }) => {
  const store = await context.store();
  const names = await store.listSecrets(name);
  if (!names.includes(name)) throw notFound(`There is no secret ${name}.`, 'See them: kha secret list');
  await context.confirm(`Forget ${name} for good?`, { yes: options.yes, flag: '--yes' });
  await store.deleteSecret(name);
  context.say(`${context.paintTalk('green', '✔')} ${name} is forgotten.`);
};
