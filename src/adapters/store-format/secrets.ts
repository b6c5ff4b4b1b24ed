import { KhaError } from '../../cluster/error.ts';
import { keyId, seal, unseal } from '../encryption/seal.ts';

const FORMAT = 'kha-secret/1';

/** A secret as stores keep it. The name is authenticated: what was put under another name does not open. */
export function encodeSecret(key: Uint8Array, name: string, value: string): string {
  const sealed = Buffer.from(seal(key, Buffer.from(value), `${FORMAT} ${name}`)).toString('base64');
  return `${JSON.stringify({ format: FORMAT, key: keyId(key), sealed })}\n`;
}

/** The reverse. `place` is for messages. Throws KHA4002 (damaged) or KHA4004 (another key). */
export function decodeSecret(key: Uint8Array, name: string, text: string, place: string): string {
  const { keyUsed, sealed } = parse(text, place);
  if (keyUsed !== keyId(key))
    throw new KhaError(`The secret ${name} in ${place} was encrypted with another key than the present one.`, {
      code: 'KHA4004',
      blame: 'configuration',
      hint: 'Put the key file keys/store.key back that belongs to this store, or set KHA_HOME or KHA_KEYS to the right folder.',
    });
  try {
    return Buffer.from(unseal(key, sealed, `${FORMAT} ${name}`)).toString('utf8');
  } catch (cause) {
    throw damaged(place, cause);
  }
}

function parse(text: string, place: string): { keyUsed: string; sealed: Uint8Array } {
  try {
    const { format, key, sealed } = JSON.parse(text) as Record<string, unknown>;
    if (format === FORMAT && typeof key === 'string' && typeof sealed === 'string')
      return { keyUsed: key, sealed: Buffer.from(sealed, 'base64') };
  } catch (cause) {
    throw damaged(place, cause);
  }
  throw damaged(place);
}

const damaged = (place: string, cause?: unknown): KhaError =>
  new KhaError(`The secret ${place} is damaged.`, {
    code: 'KHA4002',
    blame: 'configuration',
    hint: 'Restore it from a backup. If it is a password of yours: `kha secret rm` it and `kha secret put` it again.',
    cause,
  });
