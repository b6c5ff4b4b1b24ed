import type { Cluster } from '../cluster/cluster.ts';
import { madeSecrets } from './create-authorities.ts';
import type { Ports } from './ports.ts';

/** Records what is in force now. A cluster that has no host left is forgotten, with the secrets that were made for it. */
export async function recordCluster(
  { store, clock }: Ports,
  name: string,
  declaration: string,
  { hosts }: Cluster,
): Promise<void> {
  if (hosts.length === 0) {
    // The record last: who is killed before that finds it, and comes here again.
    for (const secret of madeSecrets(name)) await store.deleteSecret(secret);
    await store.deleteCluster(name);
    return;
  }
  const now = new Date(clock.now()).toISOString();
  const old = await store.getCluster(name);
  // What was declared for all hosts is not carried out by an operation on some of them.
  const pending = old?.cluster === declaration ? undefined : old?.pending;
  await store.putCluster({
    name,
    createdAt: old?.createdAt ?? now,
    sources: old?.sources ?? [],
    cluster: declaration,
    updatedAt: now,
    ...(pending ? { pending } : {}),
  });
}
