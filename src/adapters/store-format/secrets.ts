import { KhaError } from '../../cluster/error.ts';
import { findKey, type KeyRing } from '../encryption/key-ring.ts';
import { seal, unseal } from '../encryption/seal.ts';

const FORMAT = 'kha-secret/1';

/** A secret as stores keep it. The name is authenticated: what was put under another name does not open. */
export function encodeSecret([key]: KeyRing, name: string, value: string): string {
  const sealed = Buffer.from(seal(key.bytes, Buffer.from(value), `${FORMAT} ${name}`)).toString('base64');
  return `${JSON.stringify({ format: FORMAT, key: key.id, sealed })}\n`;
}

/** Id of the key that a secret was encrypted with. Throws KHA4002 (damaged). */
export const keyOfSecret = (text: string, place: string): string => parse(text, place).keyUsed;

/** The reverse. `place` is for messages. Throws KHA4002 (damaged) or KHA4004 (a key that is not there). */
export function decodeSecret(ring: KeyRing, name: string, text: string, place: string): string {
  const { keyUsed, sealed } = parse(text, place);
  const key = findKey(ring, keyUsed);
  if (!key)
    throw new KhaError(
      `The secret ${name} in ${place} was encrypted with the key ${keyUsed}, which this machine does not have.`,
      {
        code: 'KHA4004',
        blame: 'configuration',
        hint: `Its keys are ${ring.map((each) => each.id).join(', ')}. Put the key file back that belongs to this store (keys/store.key of a machine that reads it, or of a backup), or set KHA_HOME or KHA_KEYS to the right folder.`,
      },
    );
  try {
    return Buffer.from(unseal(key.bytes, sealed, `${FORMAT} ${name}`)).toString('utf8');
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
