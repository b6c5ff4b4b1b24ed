import type { Cluster } from '../cluster/cluster.ts';
import type { Operation } from '../graph/operation.ts';

/** What the Web UI says of an operation from its start on. */
export function introduction(
  operation: Operation,
  cluster: Cluster,
  { targets, leaving }: { targets?: readonly string[]; leaving?: readonly string[] },
  by: string,
): { summary: string; details: string } {
  const isForAll = operation.removes === 'lost' || !leaving?.length;
  const names = targets ?? (isForAll ? cluster.hosts.map((h) => h.name) : leaving);
  return {
    summary: `${operation.title}: ${cluster.name}, ${names.length} ${names.length === 1 ? 'host' : 'hosts'}`,
    details: [
      `**${operation.id}** on **${cluster.name}** (Kubernetes ${cluster.kubernetes.version}), started by ${by}`,
      '',
      operation.why,
      '',
      `Hosts: ${names.slice(0, 50).join(', ')}${names.length > 50 ? ', …' : ''}`,
    ].join('\n'),
  };
}
