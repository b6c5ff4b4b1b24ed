import type { Cluster } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { type ClusterChange, diffClusters } from '../config/diff.ts';
import { demandSettings } from '../config/stages.ts';
import { storedCluster } from '../config/stored-cluster.ts';
import type { Paint } from './colour.ts';
import type { Context } from './context.ts';

/** What differs between two declarations, a setting in two or three lines. */
export function settingLines(changes: readonly ClusterChange[], paint: Paint): string[] {
  const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return changes.flatMap(({ path, before, after }) => [
    `  ${paint('bold', path)}`,
    ...(before === undefined ? [] : [paint('red', `    - ${show(before)}`)]),
    ...(after === undefined ? [] : [paint('green', `    + ${show(after)}`)]),
  ]);
}

/** Prints what differs between two declarations, on standard error. */
export function showChanges(context: Context, changes: readonly ClusterChange[]): void {
  for (const line of settingLines(changes, context.paintTalk)) context.say(line);
}

/**
 * Throws KHA1005 where a declaration differs from the recorded one and that was not accepted, KHA2001 where no run of init-cluster could
 * carry it out; shows how it differs in either case.
 */
export async function demandAccepted(
  context: Context,
  cluster: Cluster,
  options: { acceptChanges: boolean },
): Promise<void> {
  const store = await context.store();
  const record = await store.getCluster(cluster.name);
  if (!record) return;
  const before = await storedCluster(store, record.cluster);
  const changes = diffClusters(before, cluster);
  if (changes.length === 0) return;
  context.say(`What is declared differs from what is recorded of ${cluster.name}:\n`);
  showChanges(context, changes);
  if (record.pending !== 'new') demandSettings(before, cluster);
  if (!options.acceptChanges)
    throw new KhaError(
      `The declaration of ${cluster.name} differs from the recorded one in ${changes.length} ${changes.length === 1 ? 'place' : 'places'}.`,
      {
        code: 'KHA1005',
        blame: 'configuration',
        hint: `Nothing was touched. If this is what you want, add --accept-changes; to use the record, give --cluster ${cluster.name} in the place of files.`,
      },
    );
  context.say('');
}

/** Records a declaration that an operation for all hosts is about to carry out. Returns the digest. */
export async function recordDeclaration(
  context: Context,
  { cluster, sources }: { cluster: Cluster; sources: string[] },
): Promise<string> {
  const store = await context.store();
  const digest = await store.putObject(cluster);
  const record = await store.getCluster(cluster.name);
  if (record?.cluster === digest) return digest;
  const isChange = record !== undefined && diffClusters(await storedCluster(store, record.cluster), cluster).length > 0;
  const pending = record ? (record.pending ?? (isChange ? 'changed' : undefined)) : 'new';
  const now = new Date(context.now()).toISOString();
  await store.putCluster({
    name: cluster.name,
    cluster: digest,
    createdAt: record?.createdAt ?? now,
    updatedAt: now,
    sources,
    ...(pending ? { pending } : {}),
  });
  return digest;
}
