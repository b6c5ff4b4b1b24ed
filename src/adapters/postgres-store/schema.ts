import { KhaError } from '../../cluster/error.ts';
import type { Query } from './database.ts';

/**
 * The steps that lead from an empty database to the present schema; a step's number is its place in the list. Never change
 * one that was released, add another. Workers of the release before must be able to go on with the new schema: add tables
 * and columns with defaults, and remove what nobody uses any more one release later.
 */
const STEPS: readonly string[] = [
  `create table kha.objects (
     digest text primary key,
     content text not null,
     created_at timestamptz not null default now()
   );
   comment on table kha.objects is 'Documents as canonical JSON by its sha256: cluster files, facts, plans, effects';
   create table kha.clusters (
     name text primary key,
     record text not null,
     updated_at timestamptz not null default now()
   );
   comment on table kha.clusters is 'Recorded clusters, JSON; names are percent-encoded';
   create table kha.secrets (
     name text primary key,
     sealed text not null,
     updated_at timestamptz not null default now()
   );
   comment on table kha.secrets is 'Secrets, encrypted with keys/store.key (AES-256-GCM); names are percent-encoded';
   create table kha.logs (
     id uuid primary key,
     run text not null,
     entry text not null,
     created_at timestamptz not null default now()
   );
   create index logs_run on kha.logs (run);
   comment on table kha.logs is 'Commands on hosts, JSON, by run; ids are of the writer, so that none is written twice';
   create table kha.known_hosts (
     cluster text primary key,
     content text not null,
     updated_at timestamptz not null default now()
   );
   comment on table kha.known_hosts is 'Host keys that were confirmed, in the form of known_hosts, by cluster';
   create table kha.settings (
     name text primary key,
     value text not null
   );
   comment on table kha.settings is 'store-key: id of the key that encrypts the secrets';`,
];

/** Version of the schema that this kha makes and knows. */
export const SCHEMA_VERSION = STEPS.length;

/** Any number will do, as long as nobody else takes it: "khas" in ASCII. */
const LOCK = 0x6b686173;

/** Version of the schema in the database; 0 where there is none. */
export async function schemaVersion(query: Query): Promise<number> {
  // Read from the catalogue's tables: `to_regclass` may answer from a cache that is older than the lock we waited for.
  const [found] = await query(
    `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'kha' and c.relname = 'schema_versions'`,
  );
  if (!found) return 0;
  const [row] = await query<{ version: number | null }>('select max(version) as version from kha.schema_versions');
  return row?.version ?? 0;
}

/**
 * Brings the schema `kha` up to date. Of several processes that start at once one does it and the others wait for it.
 *
 * @throws KhaError KHA4009 (the database's encoding), KHA4010 (a newer schema than this kha knows)
 */
export async function migrate(
  query: Query,
  transaction: <T>(work: (query: Query) => Promise<T>) => Promise<T>,
  place: string,
): Promise<void> {
  const version = await schemaVersion(query);
  demandVersion(version, place);
  if (version === SCHEMA_VERSION) return;
  await demandEncoding(query, place);
  await transaction(async (query) => {
    await query('select pg_advisory_xact_lock($1)', [LOCK]);
    const version = await schemaVersion(query);
    demandVersion(version, place);
    if (version === 0) await makeSchema(query);
    for (const [i, step] of STEPS.entries())
      if (i >= version) {
        await query(step);
        await query('insert into kha.schema_versions (version) values ($1)', [i + 1]);
      }
  });
}

async function makeSchema(query: Query): Promise<void> {
  const [there] = await query("select 1 from pg_namespace where nspname = 'kha'");
  // Asked first: `if not exists` wants the right to make one even where there is one, made by an administrator.
  if (!there) await query('create schema kha');
  await query(
    'create table kha.schema_versions (version integer primary key, applied_at timestamptz not null default now())',
  );
}

async function demandEncoding(query: Query, place: string): Promise<void> {
  const [row] = await query<{ server_encoding: string }>('show server_encoding');
  const encoding = row?.server_encoding ?? '';
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return;
  throw new KhaError(`The store ${place} has the encoding ${encoding}, which can not hold every text.`, {
    code: 'KHA4009',
    blame: 'configuration',
    hint: 'Make a database with the encoding UTF8: createdb --template template0 --encoding UTF8 <database>',
  });
}

/** Throws KHA4010 for a schema that only a later kha knows. */
export function demandVersion(version: number, place: string): void {
  if (version <= SCHEMA_VERSION) return;
  throw new KhaError(`The store ${place} has schema ${version}; this kha knows ${SCHEMA_VERSION} at most.`, {
    code: 'KHA4010',
    blame: 'configuration',
    hint: 'A newer kha has been here: use that version on this machine, too.',
  });
}
