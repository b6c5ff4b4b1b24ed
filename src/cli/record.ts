import type { Cluster } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { type ClusterChange, diffClusters } from '../config/diff.ts';
import type { Context } from './context.ts';

/** Prints what differs between two declarations, on standard error. */
export function showChanges(context: Context, changes: readonly ClusterChange[]): void {
  const { paintTalk: paint } = context;
  const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  for (const { path, before, after } of changes) {
    context.say(`  ${paint('bold', path)}`);
    if (before !== undefined) context.say(paint('red', `    - ${show(before)}`));
    if (after !== undefined) context.say(paint('green', `    + ${show(after)}`));
  }
}

/**
 * Compares a declaration with the recorded one and records it. Throws KHA1005 where they differ and that was not accepted; then
 * nothing is recorded. Returns the digest.
 */
export async function recordDeclaration(
  context: Context,
  declared: { cluster: Cluster; sources: string[] },
  options: { acceptChanges: boolean },
): Promise<string> {
  const store = await context.store();
  const { cluster, sources } = declared;
  const digest = await store.putObject(cluster);
  const record = await store.getCluster(cluster.name);
  if (record?.cluster === digest) return digest;
  if (record) {
    const before = await store.getObject<Cluster>(record.cluster);
    const changes = diffClusters(before, cluster);
    if (changes.length > 0) {
      context.say(`What is declared differs from what is recorded of ${cluster.name}:\n`);
      showChanges(context, changes);
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
  }
  const now = new Date(context.now()).toISOString();
  await store.putCluster({
    name: cluster.name,
    cluster: digest,
    createdAt: record?.createdAt ?? now,
    updatedAt: now,
    sources,
  });
  return digest;
}
