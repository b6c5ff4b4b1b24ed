import { userInfo } from 'node:os';
import { KhaError } from '../../cluster/error.ts';

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

export type SslMode = (typeof MODES)[number];

/** Where the store is and how it is reached; no secret in it. */
export interface PostgresSettings {
  /** A name, an address, or the folder of a Unix socket. */
  host: string;
  port: number;
  user: string;
  database: string;
  sslmode: SslMode;
  /** Paths of PEM files. */
  sslrootcert?: string;
  sslcert?: string;
  sslkey?: string;
  /** Path of a .pgpass file. */
  passfile?: string;
  applicationName: string;
  connectTimeoutMs: number;
}

type Environment = Record<string, string | undefined>;

/** Parameters of libpq that kha understands, and the variables that give them otherwise. */
const PARAMETERS: Record<string, string> = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  passfile: 'PGPASSFILE',
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
};

export const isPostgresUrl = (text: string): boolean => /^postgres(ql)?:\/\//.test(text);

/**
 * Reads a connection URI as libpq does (PostgreSQL documentation, 34.1.1.2 Connection URIs and 34.15 Environment
 * Variables): `postgresql://user@host:5432/database?sslmode=verify-full&sslrootcert=/path`. What it leaves open comes from
 * the PG… variables, then from libpq's defaults (host: localhost, sslmode: prefer). No password may stand in it.
 *
 * @throws KhaError KHA4007
 */
export function parsePostgresUrl(url: string, env: Environment = process.env): PostgresSettings {
  const parts = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?(.*))?$/.exec(url);
  // The address itself is not repeated: it may hold a password at a place where none is expected.
  if (!parts) throw badSetting('The address of the PostgreSQL store is malformed.', EXAMPLE);
  const [, login = '', place = '', database = '', query = ''] = parts;
  const given = new Map<string, string>();
  const [user = '', password] = login.split(':');
  if (password !== undefined) throw passwordInUrl();
  if (user) given.set('user', decoded(user));
  const { host, port } = splitPlace(place);
  if (host) given.set('host', decoded(host));
  if (port) given.set('port', port);
  if (database) given.set('dbname', decoded(database));
  for (const pair of query.split('&').filter(Boolean)) {
    const [name = '', value = ''] = pair.split('=', 2).map(decoded);
    if (name === 'password' || name === 'sslpassword') throw passwordInUrl();
    if (!(name in PARAMETERS))
      throw badSetting(
        `The address of the PostgreSQL store has a parameter ${JSON.stringify(name)}, which kha does not know.`,
        `Known are ${Object.keys(PARAMETERS).join(', ')}.`,
      );
    given.set(name, value);
  }
  return settingsOf((name) => given.get(name) || env[PARAMETERS[name] ?? ''] || undefined);
}

function settingsOf(value: (name: string) => string | undefined): PostgresSettings {
  const host = value('host') ?? 'localhost';
  if (host.includes(','))
    throw badSetting(
      'The address of the PostgreSQL store names several hosts.',
      'Name one: an address that follows the primary (a virtual IP, a proxy, a service of Kubernetes).',
    );
  const user = value('user') ?? userInfo().username;
  const files = Object.fromEntries(
    (['sslrootcert', 'sslcert', 'sslkey', 'passfile'] as const).flatMap((name) => {
      const path = value(name);
      return path === undefined ? [] : [[name, path]];
    }),
  );
  return {
    host,
    port: numberOf('port', value('port') ?? '5432', 1, 65_535),
    user,
    database: value('dbname') ?? user,
    sslmode: modeOf(value('sslmode') ?? 'prefer'),
    ...files,
    applicationName: value('application_name') ?? 'kha',
    connectTimeoutMs: numberOf('connect_timeout', value('connect_timeout') ?? '10', 1, 3600) * 1000,
  };
}

/** For messages: what tells one store from another. */
export const placeOfPostgres = ({ host, port, user, database }: PostgresSettings): string =>
  host.startsWith('/')
    ? `postgresql://${user}@/${database}?host=${host}&port=${port}`
    : `postgresql://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;

function splitPlace(place: string): { host: string; port: string } {
  if (place.includes(',')) return { host: place, port: '' };
  const [, v6, host = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(place) ?? [];
  if (place !== '' && v6 === undefined && host === '' && port === '')
    throw badSetting('The host in the address of the PostgreSQL store is malformed.', EXAMPLE);
  return { host: v6 ?? host, port };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw badSetting('The address of the PostgreSQL store has a broken percent encoding.', EXAMPLE, cause);
  }
}

function numberOf(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw badSetting(
    `${name} ${JSON.stringify(text)} of the PostgreSQL store is no number from ${min} to ${max}.`,
    EXAMPLE,
  );
}

function modeOf(text: string): SslMode {
  const mode = MODES.find((mode) => mode === text);
  if (mode) return mode;
  throw badSetting(
    `sslmode ${JSON.stringify(text)} of the PostgreSQL store is none.`,
    `There are ${MODES.join(', ')}.`,
  );
}

const EXAMPLE = 'It looks like postgresql://kha@db.example.com:5432/kha?sslmode=verify-full.';

const passwordInUrl = (): KhaError =>
  badSetting(
    'The address of the PostgreSQL store has a password in it.',
    'Take it out; give it in KHA_STORE_PASSWORD_FILE (a file), PGPASSFILE or ~/.pgpass, or PGPASSWORD.',
  );

/** KHA4007: a setting of the store that can not be used. */
export const badSetting = (message: string, hint: string, cause?: unknown): KhaError =>
  new KhaError(message, { code: 'KHA4007', blame: 'configuration', hint, cause });
