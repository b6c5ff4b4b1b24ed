import { type Cluster, hostsNamed } from '../../cluster/cluster.ts';
import { controlPlaneEndpoint } from '../../cluster/endpoint.ts';
import { diffClusters } from '../../config/diff.ts';
import type { Stage } from '../../config/stages.ts';
import type { RecordedCluster } from '../../ports/store.ts';
import type { Paint } from '../colour.ts';
import { settingLines } from '../record.ts';

/** Operations whose settings are shown. */
const BY_SETTINGS: Stage['operation'][] = ['init-cluster', 'configure-load-balancer'];

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
    if (!BY_SETTINGS.includes(stage.operation) || !last) continue;
    if (pending && stage.operation === 'init-cluster')
      lines.push(`     ${paint('dim', 'the last init-cluster did not end; it comes again')}`);
    lines.push(...settingLines(diffClusters(last, stage.cluster), paint).map((line) => `     ${line}`));
  }
  return lines;
}

function about({ operation, cluster, targets, leaving }: Stage, last: Cluster | undefined): string {
  if (operation === 'configure-load-balancer' && last)
    return `all nodes go by ${controlPlaneEndpoint(cluster)}, no more by ${controlPlaneEndpoint(last)}${leaving?.length ? `; ${leaving.join(', ')}: reset` : ''}`;
  if (leaving) return `${leaving.join(', ')}${operation === 'remove-node' ? ': drained, deleted, reset' : ''}`;
  if (!targets)
    return last
      ? `all ${cluster.hosts.length} hosts get these settings`
      : `a new cluster of ${cluster.hosts.length} ${cluster.hosts.length === 1 ? 'host' : 'hosts'}`;
  return hostsNamed(cluster, targets)
    .map((host) => (last?.hosts.some((h) => h.name === host.name) ? host.name : `${host.name} (${host.address})`))
    .join(', ');
}
