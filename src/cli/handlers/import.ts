import { writeFile } from 'node:fs/promises';
import { keepSecrets, readCluster, showWarnings } from '../cluster-source.ts';
import type { Handler } from '../command.ts';
import type { ImportInput } from '../commands/import.ts';
import { usageError } from '../errors.ts';

export const run: Handler<ImportInput> = async (context, { options }) => {
  if (options.inventory === undefined)
    throw usageError('No inventory is named.', 'Give it with -i, and its variables with -e @variables.yaml.');
  const loaded = await readCluster(context, { ...options, file: [] });
  await showWarnings(context, loaded);
  const { writeClusterYaml } = await import('../../config/write.ts');
  const text = writeClusterYaml(loaded.cluster);
  if (options.to === undefined) context.print(text.trimEnd());
  else {
    await writeFile(options.to, text, { flag: options.force ? 'w' : 'wx' }).catch((cause: unknown) => {
      const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
      throw exists
        ? usageError(`${options.to} exists already.`, 'Give another name, or --force to replace it.')
        : usageError(`${options.to} can't be written: ${cause instanceof Error ? cause.message : String(cause)}.`);
    });
    context.say(`${context.paintTalk('green', '✔')} ${options.to}`);
  }
  // After the file: an import that failed leaves nothing behind.
  await keepSecrets(context, loaded);
  for (const { name } of loaded.secrets) context.say(`  a password went into the store as ${name}`);
  context.say(`Next: kha validate -f ${options.to ?? 'cluster.yaml'}`);
};
