import type { Cluster } from '../cluster/cluster.ts';
import type { GateNotice } from './contract.ts';
import type { Ports } from './ports.ts';

/** Tells the cluster's webhook of a gate. Does nothing where there is none any more. */
export async function tellWebhook(
  ports: Ports,
  cluster: Cluster,
  notice: GateNotice,
  abort: AbortSignal,
): Promise<void> {
  const { webhook } = cluster.approvals;
  if (!webhook) return;
  const { event, at, id, ...data } = notice;
  const time = (ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : new Date(ms).toISOString();
  const body = JSON.stringify({
    type: `kha.gate.${event}`,
    timestamp: time(at),
    data: { ...data, since: time(data.since), until: time(data.until) },
  });
  await ports.webhook(webhook, { id, body }, abort);
}
