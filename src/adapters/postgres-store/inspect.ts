import { KhaError } from '../../cluster/error.ts';
import type { StoreFinding } from '../../ports/store.ts';
import type { Database } from './database.ts';
import { demandVersion, SCHEMA_VERSION, schemaVersion } from './schema.ts';
import type { PostgresSettings } from './settings.ts';
import { rememberedKey } from './store-key.ts';

interface Server {
  version: string;
  standby: boolean;
  tls: string | null;
  /** May this login make the schema, or write into it? */
  may: boolean;
}

const SERVER = `select current_setting('server_version') as version, pg_is_in_recovery() as standby,
  (select s.version from pg_stat_ssl s where s.pid = pg_backend_pid() and s.ssl) as tls,
  coalesce(
    (select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = 'kha'),
    has_database_privilege(current_database(), 'create')
  ) as may`;

/**
 * Looks at a store's database without making or changing the schema.
 *
 * @param keys tells whether the secrets can be opened, given the id of the key that is remembered; asked only where there
 *   is a schema, and such a key
 * @throws KhaError KHA4004, KHA4008, KHA4009, KHA4010
 */
export async function inspectDatabase(
  database: Database,
  settings: PostgresSettings,
  keys: (remembered: string) => Promise<StoreFinding>,
): Promise<StoreFinding[]> {
  const { place, look } = database;
  const [server] = await look<Server>(SERVER);
  if (!server) throw new Error('PostgreSQL said nothing of itself');
  const findings: StoreFinding[] = [
    { message: `${place} answers: PostgreSQL ${server.version}${server.tls === null ? '' : `, ${server.tls}`}` },
  ];
  if (server.standby)
    throw refused(`${place} is a standby, which can not be written.`, 'Name the primary in KHA_STORE.');
  if (!isSafe(settings, server))
    findings.push({
      message:
        server.tls === null
          ? 'the connection is not encrypted'
          : `the server's certificate is not verified (sslmode=${settings.sslmode})`,
      fix: 'Add sslmode=verify-full (and sslrootcert=…) to KHA_STORE.',
    });
  const version = await schemaVersion(look);
  demandVersion(version, place);
  if (!server.may)
    throw refused(
      `The user ${settings.user} may not use the schema kha in ${place}.`,
      'GRANT CREATE ON DATABASE … TO that user; for a schema that is there: its owner must be that user.',
    );
  if (version === 0) return [...findings, { message: 'it has no schema yet; it is made at first use' }];
  if (version < SCHEMA_VERSION)
    return [...findings, { message: `its schema ${version} is brought to ${SCHEMA_VERSION} at the next use` }];
  findings.push({ message: `its schema is ${version}, as this kha needs it` });
  const key = await rememberedKey({ query: look });
  return key === undefined ? [...findings, { message: 'it holds no secrets yet' }] : [...findings, await keys(key)];
}

/** Unix sockets and the machine itself need no TLS. */
const isSafe = ({ host, sslmode }: PostgresSettings, { tls }: Server): boolean =>
  host.startsWith('/') ||
  host === 'localhost' ||
  host === '::1' ||
  host.startsWith('127.') ||
  (tls !== null && (sslmode === 'verify-full' || sslmode === 'verify-ca'));

const refused = (message: string, hint: string): KhaError =>
  new KhaError(message, { code: 'KHA4009', blame: 'configuration', hint });
