import type { Payload } from '@temporalio/common';

const LONGEST = 100_000;

/**
 * A payload that kha did not encrypt, as JSON that any workflow can read. Signals typed into the Web UI or the temporal
 * program come in several encodings (`json/plain`, `json/protobuf`, `binary/plain`) and may be no JSON at all; one that the
 * SDK can't convert would fail the workflow's task again and again. Text that is no JSON becomes a JSON string, anything
 * else an object whose only field says so.
 */
export function readableForeign(payload: Payload): Payload {
  const encoding = text(payload.metadata?.['encoding']);
  if (encoding === 'binary/null') return payload;
  const data = payload.data ?? new Uint8Array();
  if (encoding === 'json/plain' && isJson(text(data))) return payload;
  const words = utf8(data);
  if (words === undefined || words.length > LONGEST)
    return json(JSON.stringify({ unreadable: encoding.slice(0, 100) }));
  return json(isJson(words) ? words : JSON.stringify(words));
}

const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

const json = (data: string): Payload => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(data),
});

function utf8(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch {
    return undefined;
  }
}

function isJson(words: string): boolean {
  try {
    JSON.parse(words);
    return true;
  } catch {
    return false;
  }
}
