import { Pool } from 'pg';
import { closed, isPassing, isWithoutTls, refusal, unreachable } from './errors.ts';
import { findPassword } from './password.ts';
import { migrate } from './schema.ts';
import { type PostgresSettings, placeOfPostgres } from './settings.ts';
import { tlsOptions } from './tls.ts';

/** A query's rows. */
export type Query = <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>;

/** Queries that outlive a restart of PostgreSQL. What is asked must be safe to be asked twice. */
export interface Database {
  /** For messages. */
  place: string;
  query: Query;
  /** As `query`, but leaves the schema as it is, or absent. */
  look: Query;
  /** Everything that `work` asks, or nothing of it; `work` may be called again. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  env?: Record<string, string | undefined>;
  /** How long a PostgreSQL that is away is waited for, in milliseconds. Default 60,000. */
  patienceMs?: number;
  /** Connections at most. Default 8. */
  connections?: number;
  /**
   * A query may take this long, in milliseconds; then its connection counts as dead. Default 30,000: big documents over
   * slow lines stay far below.
   */
  queryMs?: number;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/**
 * A pool of connections to the store's database. Nothing is opened before the first query; that brings the schema up to
 * date, too. A lost connection, a restart or a failover of the server is waited out.
 *
 * @throws KhaError (from queries) KHA4007 (settings), KHA4008 (away for longer), KHA4009 (refused), KHA4010 (newer schema)
 */
export function openDatabase(settings: PostgresSettings, options: DatabaseOptions = {}): Database {
  const { env = process.env, patienceMs = 60_000, connections = 8, queryMs = 30_000 } = options;
  const place = placeOfPostgres(settings);
  const closing = new AbortController();
  let opened: Promise<Pool> | undefined;
  let ready: Promise<void> | undefined;
  let ended: Promise<void> | undefined;

  async function open(): Promise<Pool> {
    const pool = new Pool({
      host: settings.host,
      port: settings.port,
      user: settings.user,
      database: settings.database,
      password: async () => (await findPassword(settings, env)) ?? '',
      ssl: await tlsOptions(settings, env['HOME']),
      application_name: settings.applicationName,
      connectionTimeoutMillis: settings.connectTimeoutMs,
      query_timeout: queryMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      idleTimeoutMillis: 30_000,
      // A command that ends must not wait for connections nobody uses.
      allowExitOnIdle: true,
      max: connections,
    });
    // An idle connection was lost: the pool has let go of it, and the next query opens another.
    pool.on('error', () => undefined);
    return pool;
  }

  async function pooled(): Promise<Pool> {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  }

  async function inTransaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await (await pooled()).connect();
    // Without a listener a connection that is lost between two queries would end the process.
    const lost = (): void => undefined;
    client.on('error', lost);
    let broken = true;
    try {
      await client.query('begin');
      const result = await work(async (sql, values) => (await client.query(sql, values)).rows);
      await client.query('commit');
      broken = false;
      return result;
    } finally {
      client.off('error', lost);
      // A connection with an open transaction goes; the server rolls back.
      client.release(broken);
    }
  }

  async function current(): Promise<Pool> {
    const pool = await pooled();
    ready ??= migrate(async (sql, values) => (await pool.query(sql, values)).rows, inTransaction, place).catch(
      (error: unknown) => {
        ready = undefined;
        throw error;
      },
    );
    await ready;
    return pool;
  }

  /** With `prefer`, what the server does not offer is done without. */
  async function doWithoutTls(error: unknown): Promise<boolean> {
    if (!isWithoutTls(error) || (settings.sslmode !== 'prefer' && settings.sslmode !== 'allow')) return false;
    (await pooled()).options.ssl = false;
    return true;
  }

  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    for (let round = 0; ; round++) {
      try {
        return await work();
      } catch (error) {
        if (await doWithoutTls(error)) continue;
        if (closing.signal.aborted) throw closed(place, error);
        if (!isPassing(error)) throw refusal(place, error);
        const waited = performance.now() - start;
        if (waited >= patienceMs) throw unreachable(place, waited, error);
        await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round), closing.signal);
      }
    }
  }

  return {
    place,
    query: (sql, values) => patiently(async () => (await (await current()).query(sql, values)).rows),
    look: (sql, values) => patiently(async () => (await (await pooled()).query(sql, values)).rows),
    transaction: (work) =>
      patiently(async () => {
        await current();
        return inTransaction(work);
      }),
    close() {
      closing.abort();
      ended ??= (async () => (await opened?.catch(() => undefined))?.end())();
      return ended;
    },
  };
}

/** Half to all of the time, so that many who wait do not come back at once. Ends early at the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms / 2 + (Math.random() * ms) / 2);
    signal.addEventListener('abort', done);
  });
}
