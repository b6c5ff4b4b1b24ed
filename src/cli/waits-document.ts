import type { Progress } from '../workflows/protocol.ts';
import { waitsFor } from '../workflows/waits-for.ts';
import { iso } from './output/time.ts';

/** `waitsFor` in documents, for programs; nothing while the operation goes on. */
export function waitsDocument(progress: Progress): { waitsFor?: object[] } {
  const waits = waitsFor(progress).map(({ kind, task: { id, host, gate }, since }) => ({
    kind,
    task: id,
    hosts: gate?.hosts ?? [host],
    ...(since === undefined ? {} : { since: iso(since) }),
    ...(gate?.until === undefined ? {} : { until: iso(gate.until) }),
  }));
  return waits.length > 0 ? { waitsFor: waits } : {};
}
