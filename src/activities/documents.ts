import type { Cluster } from '../cluster/cluster.ts';
import { storedCluster } from '../config/stored-cluster.ts';
import type { FactsByHost } from '../cluster/facts.ts';
import type { Effect } from '../graph/effects/registry.ts';
import type { Store } from '../ports/store.ts';

/** Documents by digest, kept in memory: a digest never changes its meaning. */
export interface Documents {
  cluster: (digest: string) => Promise<Cluster>;
  facts: (digest: string) => Promise<FactsByHost>;
  effects: (digest: string) => Promise<Effect[]>;
}

export function createDocuments(store: Store, keep = 256): Documents {
  const cache = new Map<string, Promise<unknown>>();
  const get = <T>(digest: string, read: (digest: string) => Promise<T>): Promise<T> => {
    let found = cache.get(digest);
    if (!found) {
      found = read(digest);
      cache.set(digest, found);
      found.catch(() => cache.delete(digest));
      const [oldest] = cache.keys();
      if (cache.size > keep && oldest !== undefined) cache.delete(oldest);
    }
    return found as Promise<T>;
  };
  return {
    cluster: (digest) => get(digest, (d) => storedCluster(store, d)),
    facts: (digest) => get(digest, (d) => store.getObject<FactsByHost>(d)),
    effects: (digest) => get(digest, (d) => store.getObject<Effect[]>(d)),
  };
}
