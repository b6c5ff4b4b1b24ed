import type { Cluster } from '../cluster/cluster.ts';
import { storedCluster } from '../config/stored-cluster.ts';
import type { RecordedCluster } from '../ports/store.ts';
import type { Context } from './context.ts';
import { notFound, usageError } from './errors.ts';

/** A recorded cluster with its declaration. Throws KHA1002 with the names that are known. */
export async function recorded(context: Context, name: string): Promise<{ record: RecordedCluster; cluster: Cluster }> {
  const store = await context.store();
  const record = await store.getCluster(name);
  if (!record) {
    const known = (await store.listClusters()).map((c) => c.name);
    throw notFound(
      `There is no cluster ${name}.`,
      known.length > 0
        ? `kha knows: ${known.join(', ')}.`
        : `kha knows none yet (${context.home().dir}). Start one: kha start-workflow init-cluster -f cluster.yaml`,
    );
  }
  return { record, cluster: await storedCluster(store, record.cluster) };
}

/** The name that was given, or that of the only recorded cluster. */
export async function oneCluster(context: Context, name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const known = (await (await context.store()).listClusters()).map((c) => c.name);
  const [only, ...more] = known;
  if (only !== undefined && more.length === 0) return only;
  if (only === undefined)
    throw notFound('There is no cluster yet.', 'Start one: kha start-workflow init-cluster -f cluster.yaml');
  throw usageError('There are several clusters.', `Name one of: ${known.join(', ')}`);
}
