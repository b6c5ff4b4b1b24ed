import { badSetting, isPostgresUrl, parsePostgresUrl } from './adapters/postgres-store/settings.ts';
import type { Home } from './cli/home.ts';
import type { Store } from './ports/store.ts';

/**
 * The store of a home: a folder, or PostgreSQL. Packages are loaded for the one that is used only. Nothing is opened
 * before its first call; call `close` at the end.
 *
 * @param options `patienceMs`: how long a PostgreSQL that is away is waited for
 * @throws KhaError KHA4007 for a setting that is wrong
 */
export async function openStore(
  home: Pick<Home, 'store' | 'storeKey'>,
  options: { env?: NodeJS.ProcessEnv; patienceMs?: number } = {},
): Promise<Store> {
  const { store, storeKey: key } = home;
  if (isPostgresUrl(store)) {
    const { createPostgresStore } = await import('./adapters/postgres-store/postgres-store.ts');
    return createPostgresStore(parsePostgresUrl(store, options.env), { ...options, key });
  }
  const scheme = /^[a-z][a-z0-9+.-]*(?=:\/\/)/i.exec(store)?.[0];
  if (scheme !== undefined)
    throw badSetting(
      `KHA_STORE begins with ${scheme}://, which kha does not know.`,
      'Give postgresql://user@host/database, or the path of a folder.',
    );
  const { createFileStore } = await import('./adapters/file-store/file-store.ts');
  return createFileStore(store, { key });
}
