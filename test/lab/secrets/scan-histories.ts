import type { Payload } from '@temporalio/common';
import { connectTemporal } from '../../../src/adapters/temporal-client.ts';
import { findHome } from '../../../src/home.ts';
import type { KhaEnvironment } from './home-secrets.ts';
import type { Scanned } from './scan-files.ts';
import type { Scanner } from './scan-text.ts';

/**
 * What workflows were given, answered and failed with, decrypted: encryption is the second line, the first is that no secret
 * is there. Temporal must run.
 */
export async function scanHistories(scanner: Scanner, env: KhaEnvironment): Promise<Scanned> {
  const temporal = await connectTemporal(findHome(env), env);
  const { client, dataConverter } = temporal;
  const scanned: Scanned = { findings: [], files: 0, bytes: 0 };
  try {
    for await (const { workflowId, runId } of client.workflow.list()) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const payloads: Payload[] = [];
      const texts = stringsOf(history, payloads);
      let decoded = payloads;
      for (const codec of dataConverter.payloadCodecs ?? []) decoded = await codec.decode(decoded);
      const all = Buffer.concat(
        [...texts.map((t) => Buffer.from(t)), ...decoded.map((p) => Uint8Array.from(p.data ?? []))].flatMap((b) => [
          b,
          LINE,
        ]),
      );
      scanned.files++;
      scanned.bytes += all.length;
      scanned.findings.push(...scanner.scan(`history of ${workflowId} (decrypted)`, all));
    }
  } finally {
    await temporal.close();
  }
  return scanned;
}

const LINE = Buffer.from('\n');

/** The strings of an object, and its payloads on the way. */
function stringsOf(value: unknown, payloads: Payload[]): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if ('data' in value && 'metadata' in value && value.data instanceof Uint8Array) {
    payloads.push(value as Payload);
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsOf(inner, payloads)]);
}
