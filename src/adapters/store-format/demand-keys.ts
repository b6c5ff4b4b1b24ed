import { KhaError } from '../../cluster/error.ts';
import type { StoreFinding } from '../../ports/store.ts';
import type { KeyFile } from '../encryption/key-file.ts';
import { findKey } from '../encryption/key-ring.ts';

/** Are the keys of all secrets in the file? `counts` as `secretKeys` of the store. Throws KHA4004. */
export async function demandKeys(counts: Record<string, number>, file: KeyFile, place: string): Promise<StoreFinding> {
  const ring = await file.peek();
  const missing = Object.keys(counts).filter((id) => !ring || !findKey(ring, id));
  if (missing.length > 0)
    throw new KhaError(
      `Secrets in ${place} are encrypted with the key ${missing.join(' and ')}, which is not in ${file.path}.`,
      {
        code: 'KHA4004',
        blame: 'configuration',
        hint: 'Copy keys/store.key from a machine that uses this store (mode 0600), or name the folder of the keys in KHA_KEYS.',
      },
    );
  const secrets = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (secrets === 0) return { message: 'it holds no secrets yet' };
  return { message: `${file.path} opens its ${secrets === 1 ? 'secret' : `${secrets} secrets`}` };
}
