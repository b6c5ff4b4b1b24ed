import { KhaError } from '../../cluster/error.ts';
import { keyId, seal, unseal } from '../encryption/seal.ts';

const FORMAT = 'kha-secret/1';

/** The text of a secret's file. The name is authenticated, so a file that was renamed does not open. */
export function encodeSecret(key: Uint8Array, name: string, value: string): string {
  const sealed = Buffer.from(seal(key, Buffer.from(value), `${FORMAT} ${name}`)).toString('base64');
  return `${JSON.stringify({ format: FORMAT, key: keyId(key), sealed })}\n`;
}

/** Throws KHA4002 (damaged) or KHA4004 (another key). */
export function decodeSecret(key: Uint8Array, name: string, text: string, path: string): string {
  const { keyUsed, sealed } = parse(text, path);
  if (keyUsed !== keyId(key))
    throw new KhaError(`The secret ${name} in ${path} was encrypted with another key than the present one.`, {
      code: 'KHA4004',
      blame: 'configuration',
      hint: 'Put the key file back that belongs to this store, or set KHA_HOME to the right folder.',
    });
  try {
    return Buffer.from(unseal(key, sealed, `${FORMAT} ${name}`)).toString('utf8');
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function parse(text: string, path: string): { keyUsed: string; sealed: Uint8Array } {
  try {
    const { format, key, sealed } = JSON.parse(text) as Record<string, unknown>;
    if (format === FORMAT && typeof key === 'string' && typeof sealed === 'string')
      return { keyUsed: key, sealed: Buffer.from(sealed, 'base64') };
  } catch (cause) {
    throw damaged(path, cause);
  }
  throw damaged(path);
}

const damaged = (path: string, cause?: unknown): KhaError =>
  new KhaError(`The secret file ${path} is damaged.`, {
    code: 'KHA4002',
    blame: 'configuration',
    hint: 'Restore it from a backup of KHA_HOME. If it is a password of yours, delete the file and run `kha secret put` again.',
    cause,
  });
