import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const IV = 12;
const TAG = 16;

/** Names a key without telling it: the first 16 hex digits of its sha256. */
export const keyId = (key: Uint8Array): string => createHash('sha256').update(key).digest('hex').slice(0, 16);

/** AES-256-GCM: nonce (12 bytes), tag (16 bytes), cipher text. `context` is authenticated, not stored. */
export function seal(key: Uint8Array, plain: Uint8Array, context: string): Uint8Array<ArrayBuffer> {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return new Uint8Array(Buffer.concat([iv, cipher.getAuthTag(), body]));
}

/** The reverse of `seal`. Throws a plain Error where key, context or a single bit differs. */
export function unseal(key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array<ArrayBuffer> {
  if (sealed.length < IV + TAG) throw new Error('too short to be a sealed text');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV), { authTagLength: TAG })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(IV, IV + TAG));
  return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(IV + TAG)), decipher.final()]));
}
