import type { LoadedCluster } from '../config/load.ts';
import type { Context } from './context.ts';
import { usageError } from './errors.ts';
import { findingStyle } from './print-error.ts';
import { recorded } from './recorded.ts';

/** The options of `sourceOptions`, and `--cluster` where a command has it. */
export interface SourceChoice {
  file: string[];
  inventory: string | undefined;
  extraVars: string[];
  name: string | undefined;
  cluster?: string | undefined;
  /** An inventory's groups new-… and del-… are heeded. */
  heedRequests?: boolean;
}

export const namesFiles = (choice: SourceChoice): boolean => choice.file.length > 0 || choice.inventory !== undefined;

/** Reads the declaration that the options name, from files or from the record. Throws KHA1001, KHA1002, KHA2001, KHA2002. */
export async function readCluster(context: Context, choice: SourceChoice): Promise<LoadedCluster> {
  if (namesFiles(choice) && choice.cluster !== undefined)
    throw usageError('--cluster stands in the place of files.', 'Give either --cluster, or -f and -i.');
  if (choice.inventory === undefined && choice.extraVars.length > 0)
    throw usageError(
      '-e goes with an inventory.',
      'Give the inventory with -i, or put the value into the cluster file.',
    );
  if (choice.cluster !== undefined) return fromRecord(context, choice.cluster);
  if (!namesFiles(choice)) {
    const known = (await (await context.store()).listClusters()).map((c) => c.name);
    throw usageError(
      'No cluster is named.',
      `Give a cluster file with -f, or an inventory with -i and -e${known.length > 0 ? `, or --cluster with one of: ${known.join(', ')}` : ''}.`,
    );
  }
  const { loadCluster } = await import('../config/load.ts');
  const { operations } = await import('../operations/registry.ts');
  const { resolveSshConfig } = await import('../adapters/ssh2/ssh-config.ts');
  return loadCluster({
    files: choice.file,
    ...(choice.inventory === undefined
      ? {}
      : {
          inventory: choice.inventory,
          extraVars: choice.extraVars,
          heedRequests: choice.heedRequests ?? false,
        }),
    ...(choice.name === undefined ? {} : { name: choice.name }),
    steps: Object.values(operations).flatMap((o) => o.steps.map((s) => s.id)),
    resolveSshConfig: (alias) => resolveSshConfig(alias),
  });
}

async function fromRecord(context: Context, name: string): Promise<LoadedCluster> {
  const { cluster, record } = await recorded(context, name);
  return { cluster, sources: record.sources, findings: [], files: [], secrets: [] };
}

/** Shows the warnings of a load on standard error. */
export async function showWarnings(context: Context, loaded: Pick<LoadedCluster, 'findings' | 'files'>): Promise<void> {
  if (loaded.findings.length === 0) return;
  const { renderFindings } = await import('../config/findings.ts');
  context.say(`${renderFindings(loaded.findings, loaded.files, findingStyle(context.paintTalk))}\n`);
}

/** Puts the passwords that stood in an inventory into the store, where the cluster refers to them. */
export async function keepSecrets(context: Context, loaded: LoadedCluster): Promise<void> {
  const store = await context.store();
  for (const { name, value } of loaded.secrets) await store.putSecret(name, value);
}
