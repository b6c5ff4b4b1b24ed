import { KhaError } from '../../cluster/error.ts';
import { canonicalJson, digest } from '../../formats/digest.ts';
import type { RecordedCluster } from '../../ports/store.ts';

/** The text of a document as stores keep it; its digest is the document's name. */
export function documentText(value: unknown): string {
  const text = canonicalJson(value) as string | undefined;
  if (text === undefined) throw new TypeError('only JSON values can be stored');
  return text;
}

/** Throws KHA4003 for what is no digest. */
export function demandDigest(id: string): string {
  if (/^[0-9a-f]{64}$/.test(id)) return id;
  throw new KhaError(`${JSON.stringify(id)} is not the digest of a document.`, {
    code: 'KHA4003',
    blame: 'kha',
    hint: 'A digest is 64 hexadecimal digits.',
    final: true,
  });
}

/** The document of a stored text. `place` is for messages. Throws KHA4001 (there is none), KHA4002 (damaged). */
export function openDocument(id: string, text: string | undefined, place: string): unknown {
  if (text === undefined)
    throw new KhaError(`The stored document ${id} is missing (${place}).`, {
      code: 'KHA4001',
      blame: 'configuration',
      hint: 'All commands and workers of one Temporal must use the same store: the same KHA_HOME on one machine, or KHA_STORE=postgresql://… on several (docs/how-to/shared-store.md). If it is the right one, restore it from a backup.',
      final: true,
    });
  if (digest(text) !== id)
    throw new KhaError(`The stored document ${place} is damaged: its content does not match its digest.`, {
      code: 'KHA4002',
      blame: 'configuration',
      hint: 'Restore it from a backup of the store, or delete it and start the operation again from its files.',
    });
  return JSON.parse(text) as unknown;
}

/** The record of a cluster in a stored text. `place` is for messages. Throws KHA4002. */
export function openRecord(text: string, place: string): RecordedCluster {
  try {
    const record = JSON.parse(text) as RecordedCluster;
    if (typeof record.name === 'string' && typeof record.cluster === 'string') return record;
  } catch {
    // Falls through to the one message for both kinds of damage.
  }
  throw new KhaError(`The record of a cluster ${place} is damaged.`, {
    code: 'KHA4002',
    blame: 'configuration',
    hint: 'Restore it from a backup of the store, or delete it and give kha the cluster file again.',
  });
}
