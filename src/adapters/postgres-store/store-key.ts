import { KhaError } from '../../cluster/error.ts';
import { openKeyFile } from '../encryption/key-file.ts';
import { findKey, type KeyRing } from '../encryption/key-ring.ts';
import type { Database } from './database.ts';

/** The keys of the store's secrets. */
export interface StoreKeys {
  /** As `load` of a key file. */
  load(options?: { with?: string }): Promise<KeyRing>;
  /** Everything is encrypted with this key now: from here on no machine may do without it. */
  remember(id: string): Promise<void>;
}

/**
 * The database remembers the id of the key that its secrets are encrypted with: a machine with another one would write
 * what the others can't read, and a machine without one must not make its own.
 *
 * @throws KhaError KHA4004
 */
export function storeKeys(database: Database, path: string): StoreKeys {
  const file = openKeyFile(path);
  let checked: Promise<void> | undefined;
  return {
    async load(options) {
      checked ??= check(database, file).catch((error: unknown) => {
        checked = undefined;
        throw error;
      });
      await checked;
      return file.load(options);
    },
    async remember(id) {
      await database.query("update kha.settings set value = $1 where name = 'store-key'", [id]);
    },
  };
}

/** Id of the key that the secrets are encrypted with; undefined before the first one. */
export async function rememberedKey({ query }: Pick<Database, 'query'>): Promise<string | undefined> {
  const [row] = await query<{ value: string }>("select value from kha.settings where name = 'store-key'");
  return row?.value;
}

async function check(database: Database, file: ReturnType<typeof openKeyFile>): Promise<void> {
  const wanted = await rememberedKey(database);
  const ring = wanted === undefined ? await file.load() : await file.peek();
  if (!ring) throw foreign(database.place, wanted, `there is no key in ${file.path}`);
  await database.query("insert into kha.settings (name, value) values ('store-key', $1) on conflict do nothing", [
    ring[0].id,
  ]);
  const agreed = await rememberedKey(database);
  if (agreed === undefined || !findKey(ring, agreed))
    throw foreign(database.place, agreed, `those in ${file.path} are ${ring.map((key) => key.id).join(', ')}`);
}

const foreign = (place: string, wanted: string | undefined, found: string): KhaError =>
  new KhaError(`The secrets in ${place} are encrypted with the key ${wanted}; ${found}.`, {
    code: 'KHA4004',
    blame: 'configuration',
    hint: 'Copy keys/store.key from a machine that uses this store (mode 0600), or name the folder of the keys in KHA_KEYS.',
  });
