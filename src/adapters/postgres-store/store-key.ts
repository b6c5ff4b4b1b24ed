import { KhaError } from '../../cluster/error.ts';
import { findKey, loadKey } from '../encryption/key-file.ts';
import { keyId } from '../encryption/seal.ts';
import type { Database } from './database.ts';

/**
 * The key of the store's secrets. The database remembers the id of the key that was used first: a machine with another one
 * would write what the others can't read, and a machine without one must not make its own.
 *
 * @throws KhaError KHA4004
 */
export function storeKey(database: Database, path: string): () => Promise<Uint8Array> {
  let key: Promise<Uint8Array> | undefined;
  return () => {
    key ??= find(database, path).catch((error: unknown) => {
      key = undefined;
      throw error;
    });
    return key;
  };
}

/** Id of the key that the secrets are encrypted with; undefined before the first one. */
export async function rememberedKey({ query }: Pick<Database, 'query'>): Promise<string | undefined> {
  const [row] = await query<{ value: string }>("select value from kha.settings where name = 'store-key'");
  return row?.value;
}

async function find(database: Database, path: string): Promise<Uint8Array> {
  const wanted = await rememberedKey(database);
  const key = wanted === undefined ? await loadKey(path) : await findKey(path);
  if (!key) throw foreign(database.place, wanted, `there is no key in ${path}`);
  await database.query("insert into kha.settings (name, value) values ('store-key', $1) on conflict do nothing", [
    keyId(key),
  ]);
  const agreed = await rememberedKey(database);
  if (agreed !== keyId(key)) throw foreign(database.place, agreed, `the one in ${path} is ${keyId(key)}`);
  return key;
}

const foreign = (place: string, wanted: string | undefined, found: string): KhaError =>
  new KhaError(`The secrets in ${place} are encrypted with the key ${wanted}; ${found}.`, {
    code: 'KHA4004',
    blame: 'configuration',
    hint: 'Copy keys/store.key from a machine that uses this store (mode 0600), or name the folder of the keys in KHA_KEYS.',
  });
