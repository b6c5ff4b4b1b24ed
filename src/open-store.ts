import { join } from 'node:path';
import { badSetting, isPostgresUrl, parsePostgresUrl } from './adapters/postgres-store/settings.ts';
import type { Home } from './home.ts';
import type { Store } from './ports/store.ts';

/**
 * The store of a home: a folder, or PostgreSQL. Packages are loaded for the one that is used only. Nothing is opened
 * before its first call; call `close` at the end.
 *
 * @param options `patienceMs`: how long a PostgreSQL that is away is waited for
 * @throws KhaError KHA4007 for a setting that is wrong
 */
export async function openStore(
  home: Pick<Home, 'dir' | 'store' | 'storeKey' | 'knownHosts'>,
  options: { env?: NodeJS.ProcessEnv; patienceMs?: number } = {},
): Promise<Store> {
  const { dir, store, storeKey: key, knownHosts } = home;
  if (isPostgresUrl(store)) {
    const { createPostgresStore } = await import('./adapters/postgres-store/postgres-store.ts');
    return createPostgresStore(parsePostgresUrl(store, options.env), { ...options, key });
  }
  if (store !== join(dir, 'store'))
    throw badSetting(
      'KHA_STORE is not the address of a PostgreSQL database.',
      'It looks like postgresql://user@host/database; for a store in files leave it unset and set KHA_HOME.',
    );
  const { createFileStore } = await import('./adapters/file-store/file-store.ts');
  return createFileStore(store, { key, knownHosts });
}
