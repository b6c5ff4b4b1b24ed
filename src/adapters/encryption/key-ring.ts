import { randomBytes } from 'node:crypto';
import { keyId } from './seal.ts';

const BYTES = 32;

/** A 256 bit key for AES-256-GCM. */
export interface Key {
  /** Names it without telling it; stands beside everything that it encrypted. */
  id: string;
  bytes: Uint8Array;
  /** ISO time; unknown for one that was written by hand. */
  made?: string;
  /** It waits to be the one that encrypts, so that every machine can have it before. */
  next: boolean;
}

/** The keys of one purpose: the first encrypts, all of them decrypt. */
export type KeyRing = readonly [Key, ...Key[]];

export const makeKey = (made: string, next = false): Key => keyOf(randomBytes(BYTES), { made, next });

export const keyOf = (bytes: Uint8Array, more: { made?: string; next?: boolean } = {}): Key => ({
  id: keyId(bytes),
  bytes,
  ...(more.made === undefined ? {} : { made: more.made }),
  next: more.next ?? false,
});

/** One key a line, in base64, with the time when it was made and `next` behind it; `#` begins a comment. */
export function formatKeyRing(ring: KeyRing): string {
  const lines = ring.map(({ bytes, made, next }) =>
    [Buffer.from(bytes).toString('base64'), ...(made === undefined ? [] : [made]), ...(next ? ['next'] : [])].join(' '),
  );
  return `# The first key encrypts, all of them decrypt. kha key list shows them, kha key rotate adds one.\n${lines.join('\n')}\n`;
}

/** Undefined where a line is no key, or there is none. A file with one bare key is a ring of one. */
export function parseKeyRing(text: string): KeyRing | undefined {
  const keys: Key[] = [];
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const [code = '', ...words] = line.split(/\s+/);
    const bytes = Buffer.from(code, 'base64');
    if (bytes.length !== BYTES) return undefined;
    const made = words.find((word) => /^\d{4}-\d\d-\d\dT/.test(word));
    keys.push(keyOf(bytes, { ...(made === undefined ? {} : { made }), next: words.includes('next') }));
  }
  const [first, ...others] = keys;
  return first && [first, ...others];
}

export const findKey = (ring: KeyRing, id: string): Key | undefined => ring.find((key) => key.id === id);
