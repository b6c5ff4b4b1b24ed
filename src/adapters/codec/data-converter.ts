import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { loadKey } from '../encryption/key-file.ts';
import { createPayloadCodec } from './payload-codec.ts';

/**
 * The data converter of every client and worker of this home. `codec.key` is made at first use; to change the key, move
 * it to `codec-<anything>.key` in the same folder: what was encrypted with it stays readable.
 *
 * @throws KhaError KHA4004 where a key file is broken
 */
export async function createDataConverter(home: { codecKey: string }): Promise<DataConverter> {
  const current = await loadKey(home.codecKey);
  const directory = dirname(home.codecKey);
  const pattern = new RegExp(`^${basename(home.codecKey, '.key')}-.+\\.key$`);
  const names = (await readdir(directory)).filter((name) => pattern.test(name)).sort();
  const older = await Promise.all(names.map((name) => loadKey(join(directory, name))));
  return { payloadCodecs: [createPayloadCodec(current, older)] };
}
