import { assumedFacts } from '../../src/cluster/assumed-facts.ts';
import type { Cluster, Host } from '../../src/cluster/cluster.ts';
import type { Facts, FactsByHost } from '../../src/cluster/facts.ts';

/** Facts of a bare Debian 12 machine; `over` changes what a test is about. */
export function factsOf(cluster: Cluster, host: Host, over: Partial<Facts> = {}): Facts {
  const assumed = assumedFacts(cluster)[host.name];
  if (!assumed) throw new Error(`no host ${host.name}`);
  return { ...assumed, ...over };
}

export const bareFacts = (cluster: Cluster, over: Partial<Facts> = {}): FactsByHost =>
  Object.fromEntries(cluster.hosts.map((host) => [host.name, factsOf(cluster, host, over)]));
