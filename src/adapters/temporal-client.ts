import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection, type ConnectionOptions, isGrpcServiceError } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { KhaError } from '../cluster/error.ts';
import { createDataConverter } from './codec/data-converter.ts';
import { tlsTrouble } from './temporal-tls.ts';
import { readServer } from './temporal-dev-server/records.ts';

const TIMEOUT_MS = 5000;
/** A connection that is not there by then may have trouble with TLS. */
const LOOK_AFTER_MS = 1500;
const EMBEDDED = '127.0.0.1:7233';
// gRPC's numbers of the answers that are told apart here.
const grpc = { notFound: 5, permissionDenied: 7, unauthenticated: 16 };

type Environment = Record<string, string | undefined>;

/** Which Temporal is meant, and how to connect to it. */
export interface TemporalTarget {
  address: string;
  namespace: string;
  /** Base of the Web UI where it is known: that of the embedded Temporal while it runs. */
  ui?: string;
  /** Nobody named another: it is the Temporal of `kha server` on this machine. */
  embedded: boolean;
  /** For workers: TLS, API key and metadata included. */
  nativeOptions: NativeConnectionOptions;
}

/** What flags of the command line say; they win over variables and profiles. */
export interface TemporalFlags {
  address?: string | undefined;
  namespace?: string | undefined;
}

export interface TemporalConnection extends TemporalTarget {
  client: Client;
  /** Encrypts payloads; give it to workers too. */
  dataConverter: DataConverter;
  close(): Promise<void>;
}

/**
 * Reads TEMPORAL_* variables and the profile of Temporal's own configuration file (TEMPORAL_PROFILE,
 * TEMPORAL_CONFIG_FILE); where neither names an address, it is the embedded Temporal of this home.
 *
 * @throws KhaError KHA6106 where these settings are wrong
 */
export async function findTemporal(
  home: { temporal: string },
  env: Environment = process.env,
  flags: TemporalFlags = {},
): Promise<TemporalTarget> {
  const { connectionOptions, namespace: named } = readSettings(env);
  const namespace = flags.namespace ?? named ?? 'default';
  const address = flags.address ?? connectionOptions.address;
  if (address) return { address, namespace, embedded: false, nativeOptions: { ...connectionOptions, address } };
  const server = await readServer(home.temporal);
  const local = server ? `127.0.0.1:${server.port}` : EMBEDDED;
  return {
    address: local,
    namespace,
    ...(server ? { ui: `http://127.0.0.1:${server.uiPort}` } : {}),
    embedded: true,
    nativeOptions: { ...connectionOptions, address: local },
  };
}

/**
 * Connects to the Temporal of `findTemporal` and makes sure that its namespace is there.
 *
 * @throws KhaError KHA6001 (no answer within 5 s), KHA6106 (settings), KHA6109 (TLS), KHA6011 (refused), KHA6108 (no such
 * namespace)
 */
export async function connectTemporal(
  home: { temporal: string; codecKey: string },
  env: Environment = process.env,
  flags: TemporalFlags = {},
): Promise<TemporalConnection> {
  const target = await findTemporal(home, env, flags);
  const dataConverter = await createDataConverter(home);
  const connection = await connect(target);
  try {
    await demandNamespace(connection, target);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const client = new Client({ connection, namespace: target.namespace, dataConverter });
  return { ...target, client, dataConverter, close: () => connection.close() };
}

function readSettings(env: Environment): ReturnType<typeof loadClientConnectConfig> {
  const variables = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(variables) });
  } catch (cause) {
    throw new KhaError(`The settings for Temporal are wrong: ${reason(cause)}.`, {
      code: 'KHA6106',
      blame: 'configuration',
      hint: 'Check the TEMPORAL_* variables and the file of TEMPORAL_CONFIG_FILE (default ~/.config/temporalio/temporal.toml).',
      cause,
    });
  }
}

async function connect(target: TemporalTarget): Promise<Connection> {
  const done = new AbortController();
  // Beside the connection, so that nobody waits for longer because of it.
  const trouble = pause(LOOK_AFTER_MS, undefined, { signal: done.signal }).then(
    () => tlsTrouble(target.address, target.nativeOptions.tls),
    () => undefined,
  );
  try {
    // Both take the same settings; the native type only has more of them.
    const options = target.nativeOptions as ConnectionOptions;
    return await Connection.connect({ ...options, connectTimeout: TIMEOUT_MS });
  } catch (cause) {
    throw (await trouble) ?? unreachable(target, cause);
  } finally {
    done.abort();
  }
}

async function demandNamespace(connection: Connection, target: TemporalTarget): Promise<void> {
  const { address, namespace } = target;
  try {
    await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (cause) {
    const code = codeOf(cause);
    // A key that may only use its namespace, not describe it, is good enough.
    if (code === grpc.permissionDenied) return;
    if (code === grpc.unauthenticated) throw refused(address, cause);
    if (code !== grpc.notFound) throw unreachable(target, cause);
    throw new KhaError(`Temporal at ${address} has no namespace ${namespace}.`, {
      code: 'KHA6108',
      blame: 'temporal',
      hint: `Create it with \`temporal operator namespace create --namespace ${namespace}\`, or set TEMPORAL_NAMESPACE.`,
      final: true,
      cause,
    });
  }
}

function unreachable({ address, embedded }: TemporalTarget, cause: unknown): KhaError {
  if (codeOf(cause) === grpc.unauthenticated) return refused(address, cause);
  return new KhaError(`Temporal can't be reached at ${address}: ${reason(cause)}.`, {
    code: 'KHA6001',
    blame: 'temporal',
    hint: embedded
      ? 'Start it in another terminal with `kha server`, or set TEMPORAL_ADDRESS to a Temporal of yours.'
      : 'Check TEMPORAL_ADDRESS and TLS, or unset it and start the embedded one with `kha server`.',
    cause,
  });
}

const refused = (address: string, cause: unknown): KhaError =>
  new KhaError(`Temporal at ${address} refuses these credentials.`, {
    code: 'KHA6011',
    blame: 'temporal',
    hint: 'Check TEMPORAL_API_KEY, or the client certificate of TEMPORAL_TLS_CLIENT_CERT_PATH and …_KEY_PATH.',
    final: true,
    cause,
  });

const codeOf = (cause: unknown): number | undefined => (isGrpcServiceError(cause) ? cause.code : undefined);

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
