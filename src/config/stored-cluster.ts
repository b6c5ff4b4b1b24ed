import type { Cluster } from '../cluster/cluster.ts';
import type { Store } from '../ports/store.ts';
import { clusterFile } from './schema/cluster.ts';

/** Sections of a cluster that are those of its file: fields with a default, or that may be absent. */
const SECTIONS = [
  'pki',
  'proxy',
  'system',
  'addons',
  'preflight',
  'drain',
  'approvals',
  'maintenance',
  'kernel',
  'timeouts',
] as const satisfies (keyof Cluster)[];

/** A cluster as an earlier kha recorded it, with the defaults of what has been added since. */
export const completed = (stored: Cluster): Cluster => ({
  ...stored,
  ...Object.fromEntries(
    SECTIONS.map((name) => [name, { ...clusterFile.shape[name].parse(undefined), ...stored[name] }]),
  ),
});

/** The declaration with this digest. Throws KHA4001 where there is none. */
export const storedCluster = async (store: Pick<Store, 'getObject'>, digest: string): Promise<Cluster> =>
  completed(await store.getObject<Cluster>(digest));
