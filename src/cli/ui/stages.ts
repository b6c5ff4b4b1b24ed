import { type Cluster, hostsNamed } from '../../cluster/cluster.ts';
import { diffClusters } from '../../config/diff.ts';
import type { Stage } from '../../config/stages.ts';
import type { RecordedCluster } from '../../ports/store.ts';
import type { Paint } from '../colour.ts';
import { settingLines } from '../record.ts';

/** The operations in their order, with what each is for. */
export function stageLines(
  name: string,
  before: Cluster | undefined,
  stages: readonly Stage[],
  pending: RecordedCluster['pending'],
  paint: Paint,
): string[] {
  const width = Math.max(...stages.map((s) => s.operation.length));
  const count = `${stages.length} ${stages.length === 1 ? 'operation' : 'operations, one after another'}`;
  const lines = [`${paint('bold', name)}: ${count}`, ''];
  for (const [i, stage] of stages.entries()) {
    const last = stages[i - 1]?.cluster ?? before;
    lines.push(`  ${i + 1}. ${paint('cyan', stage.operation.padEnd(width))}  ${about(stage, last)}`);
    if (stage.operation !== 'init-cluster' || !last) continue;
    if (pending) lines.push(`     ${paint('dim', 'the last init-cluster did not end; it comes again')}`);
    lines.push(...settingLines(diffClusters(last, stage.cluster), paint).map((line) => `     ${line}`));
  }
  return lines;
}

function about({ operation, cluster, targets, leaving }: Stage, last: Cluster | undefined): string {
  if (leaving) return `${leaving.join(', ')}${operation === 'remove-node' ? ': drained, deleted, reset' : ''}`;
  if (!targets)
    return last
      ? `all ${cluster.hosts.length} hosts get these settings`
      : `a new cluster of ${cluster.hosts.length} ${cluster.hosts.length === 1 ? 'host' : 'hosts'}`;
  return hostsNamed(cluster, targets)
    .map((host) => (last?.hosts.some((h) => h.name === host.name) ? host.name : `${host.name} (${host.address})`))
    .join(', ');
}
