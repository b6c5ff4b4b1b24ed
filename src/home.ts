import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** Where kha keeps its state on this machine. Nothing here is made before it is needed. */
export interface Home {
  /** KHA_HOME. */
  dir: string;
  /** Documents, recorded clusters, secrets, logs of runs: a folder, or KHA_STORE, the address of a PostgreSQL database. */
  store: string;
  /** Key file of the store's secrets. */
  storeKey: string;
  /** Key file of Temporal's payloads. */
  codecKey: string;
  /** The embedded Temporal: its database, log and process records. */
  temporal: string;
  /** Programs that the user put there by hand. */
  bin: string;
  /** What can be fetched again; outside KHA_HOME. */
  cache: string;
  /** kha's own log files. */
  logs: string;
  /** Confirmed host keys, one known_hosts file for each cluster; in PostgreSQL where the store is. */
  knownHosts: string;
}

type Environment = Record<string, string | undefined>;

/**
 * `$KHA_HOME`, else `$XDG_STATE_HOME/kha`, else `~/.local/state/kha`; the cache is `$XDG_CACHE_HOME/kha` or
 * `~/.cache/kha`. Relative XDG paths are ignored, as the XDG base directory specification wants it. `$KHA_STORE` and
 * `$KHA_KEYS` take their parts out of it.
 */
export function findHome(env: Environment = process.env): Home {
  const user = env['HOME'] || homedir();
  const dir = env['KHA_HOME']
    ? resolve(env['KHA_HOME'])
    : join(absolute(env['XDG_STATE_HOME']) ?? join(user, '.local/state'), 'kha');
  const keys = env['KHA_KEYS'] ? resolve(env['KHA_KEYS']) : join(dir, 'keys');
  return {
    dir,
    store: env['KHA_STORE'] || join(dir, 'store'),
    storeKey: join(keys, 'store.key'),
    codecKey: join(keys, 'codec.key'),
    temporal: join(dir, 'temporal'),
    bin: join(dir, 'bin'),
    cache: join(absolute(env['XDG_CACHE_HOME']) ?? join(user, '.cache'), 'kha'),
    logs: join(dir, 'logs'),
    knownHosts: join(dir, 'known_hosts.d'),
  };
}

const absolute = (path: string | undefined): string | undefined => (path && isAbsolute(path) ? path : undefined);
