import type { DataConverter } from '@temporalio/common';
import { openKeyFile } from '../encryption/key-file.ts';
import { createPayloadCodec } from './payload-codec.ts';

/**
 * The data converter of every client and worker of this home. Its keys are made at first use; `kha key rotate` changes
 * them, also under running processes.
 *
 * @throws KhaError KHA4004 where the key file is broken
 */
export async function createDataConverter(home: { codecKey: string }): Promise<DataConverter> {
  const keys = openKeyFile(home.codecKey);
  // At the start, not in the middle of the first operation.
  await keys.load();
  return { payloadCodecs: [createPayloadCodec(keys)] };
}
