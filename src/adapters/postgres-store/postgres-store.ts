import { randomUUID } from 'node:crypto';
import { digest } from '../../formats/digest.ts';
import type { RemoteCommand, Store } from '../../ports/store.ts';
import { openKeyFile } from '../encryption/key-file.ts';
import { demandKeys } from '../store-format/demand-keys.ts';
import { demandDigest, documentText, openDocument, openRecord } from '../store-format/documents.ts';
import { encodedName, nameOf } from '../store-format/names.ts';
import { decodeSecret, encodeSecret, keyOfSecret } from '../store-format/secrets.ts';
import { type DatabaseOptions, openDatabase } from './database.ts';
import { inspectDatabase } from './inspect.ts';
import type { PostgresSettings } from './settings.ts';
import { storeKeys } from './store-key.ts';

/**
 * kha's memory in a schema `kha` of a PostgreSQL database, for any number of processes on any number of machines. Names
 * are percent-encoded and secrets sealed as in the file store. Nothing is opened before the first call, which makes the
 * schema. Each write is one statement, safe to be sent again when a connection is lost before its answer.
 *
 * @param options `key`: path of the key file for secrets; made where the database has no secrets yet
 * @throws KhaError KHA4001 to KHA4004 as the file store; KHA4007 to KHA4010 as `openDatabase`
 */
export function createPostgresStore(settings: PostgresSettings, options: { key: string } & DatabaseOptions): Store {
  const database = openDatabase(settings, options);
  const { place, query } = database;
  const keys = storeKeys(database, options.key);
  const placeOf = (table: string, name: string): string => `${table} ${name} in ${place}`;

  async function sealedSecret(name: string): Promise<string | undefined> {
    const encoded = encodedName('secret', name);
    const [row] = await query<{ sealed: string }>('select sealed from kha.secrets where name = $1', [encoded]);
    return row?.sealed;
  }

  async function getSecret(name: string): Promise<string | undefined> {
    const text = await sealedSecret(name);
    return text === undefined ? undefined : opened(name, text);
  }

  async function opened(name: string, text: string): Promise<string> {
    const place = placeOf('secrets', name);
    return decodeSecret(await keys.load({ with: keyOfSecret(text, place) }), name, text, place);
  }

  async function sealedSecrets(): Promise<{ name: string; sealed: string; key: string }[]> {
    const rows = await query<{ name: string; sealed: string }>('select name, sealed from kha.secrets');
    return rows.map(({ name, sealed }) => {
      const plain = nameOf(name);
      return { name: plain, sealed, key: keyOfSecret(sealed, placeOf('secrets', plain)) };
    });
  }

  const namesOf = async (sql: string): Promise<string[]> =>
    (await query<{ name: string }>(sql)).map(({ name }) => nameOf(name)).sort();

  async function secretKeys(): Promise<Record<string, number>> {
    // Counted there: thousands of secrets need not come over the line.
    const rows = await query<{ key: string | null; count: number }>(
      `select substring(sealed from '"key":"([0-9a-f]{16})"') as key, count(*)::int as count from kha.secrets group by 1`,
    );
    // Where one does not look like a secret, reading them tells which.
    if (rows.some(({ key }) => key === null)) await sealedSecrets();
    return Object.fromEntries(rows.flatMap(({ key, count }) => (key === null ? [] : [[key, count]])));
  }

  return {
    place,

    async putObject(value) {
      const text = documentText(value);
      const id = digest(text);
      // Comparing heals an object that was damaged.
      await query(
        `insert into kha.objects as o (digest, content) values ($1, $2)
         on conflict (digest) do update set content = excluded.content where o.content <> excluded.content`,
        [id, text],
      );
      return id;
    },

    async getObject<T>(id: string) {
      demandDigest(id);
      const [row] = await query<{ content: string }>('select content from kha.objects where digest = $1', [id]);
      return openDocument(id, row?.content, placeOf('objects', id)) as T;
    },

    async listObjects() {
      return (await query<{ digest: string }>('select digest from kha.objects')).map((row) => row.digest);
    },

    async getCluster(name) {
      const encoded = encodedName('cluster', name);
      const [row] = await query<{ record: string }>('select record from kha.clusters where name = $1', [encoded]);
      return row && openRecord(row.record, placeOf('clusters', name));
    },

    async putCluster(record) {
      await query(
        `insert into kha.clusters (name, record) values ($1, $2)
         on conflict (name) do update set record = excluded.record, updated_at = now()`,
        [encodedName('cluster', record.name), documentText(record)],
      );
    },

    async listClusters() {
      const rows = await query<{ name: string; record: string }>('select name, record from kha.clusters');
      return rows
        .map(({ name, record }) => ({ name: nameOf(name), record }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, record }) => openRecord(record, placeOf('clusters', name)));
    },

    async deleteCluster(name) {
      await query('delete from kha.clusters where name = $1', [encodedName('cluster', name)]);
    },

    async putSecret(name, value) {
      const encoded = encodedName('secret', name);
      await query(
        `insert into kha.secrets (name, sealed) values ($1, $2)
         on conflict (name) do update set sealed = excluded.sealed, updated_at = now()`,
        [encoded, encodeSecret(await keys.load(), name, value)],
      );
    },

    getSecret,

    async createSecret(name, value) {
      const encoded = encodedName('secret', name);
      const text = encodeSecret(await keys.load(), name, value);
      for (;;) {
        await query('insert into kha.secrets (name, sealed) values ($1, $2) on conflict do nothing', [encoded, text]);
        const stored = await getSecret(name);
        // None where somebody has deleted it in between.
        if (stored !== undefined) return stored;
      }
    },

    async deleteSecret(name) {
      await query('delete from kha.secrets where name = $1', [encodedName('secret', name)]);
    },

    async listSecrets(prefix) {
      const names = await namesOf('select name from kha.secrets');
      return names.filter((name) => name.startsWith(prefix));
    },

    secretKeys,

    async reencryptSecrets() {
      const ring = await keys.load();
      const older = (await sealedSecrets()).filter(({ key }) => key !== ring[0].id);
      // Only where it still is what was read: what others wrote or deleted meanwhile stays so.
      for (const { name, sealed } of older)
        await query('update kha.secrets set sealed = $3, updated_at = now() where name = $1 and sealed = $2', [
          encodedName('secret', name),
          sealed,
          encodeSecret(ring, name, await opened(name, sealed)),
        ]);
      await keys.remember(ring[0].id);
      return older.length;
    },

    async appendLog(run, entry) {
      // The id is of this call: sent twice, it is written once.
      await query('insert into kha.logs (id, run, entry) values ($1, $2, $3) on conflict do nothing', [
        randomUUID(),
        encodedName('run', run),
        JSON.stringify(entry),
      ]);
    },

    async readLog(run) {
      const rows = await query<{ entry: string }>('select entry from kha.logs where run = $1', [
        encodedName('run', run),
      ]);
      return rows
        .map(({ entry }) => JSON.parse(entry) as RemoteCommand)
        .sort((a, b) => a.startedAt - b.startedAt || a.endedAt - b.endedAt);
    },

    listLogs: () => namesOf('select distinct run as name from kha.logs'),

    knownHosts(cluster) {
      const encoded = encodedName('cluster', cluster);
      const content = 'select content from kha.known_hosts where cluster = $1';
      return {
        place: placeOf('known_hosts', cluster),
        async read() {
          const [row] = await query<{ content: string }>(content, [encoded]);
          return row?.content ?? '';
        },
        change: (change) =>
          database.transaction(async (query) => {
            // There must be a row, or there is nothing that writers could wait for.
            await query("insert into kha.known_hosts (cluster, content) values ($1, '') on conflict do nothing", [
              encoded,
            ]);
            const [row] = await query<{ content: string }>(`${content} for update`, [encoded]);
            await query('update kha.known_hosts set content = $2, updated_at = now() where cluster = $1', [
              encoded,
              change(row?.content ?? ''),
            ]);
          }),
      };
    },

    listKnownHosts: () => namesOf("select cluster as name from kha.known_hosts where content <> ''"),

    inspect: () =>
      inspectDatabase(database, settings, async (remembered) =>
        demandKeys({ [remembered]: 0, ...(await secretKeys()) }, openKeyFile(options.key), place),
      ),

    close: () => database.close(),
  };
}
