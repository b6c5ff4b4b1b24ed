import { KhaError } from '../../cluster/error.ts';

/** SQLSTATEs of troubles that pass (PostgreSQL documentation, Appendix A): restarts, failover, load, lost connections. */
const PASSING = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57014', // query_canceled
  '53000', // insufficient_resources
  '53200', // out_of_memory
  '53300', // too_many_connections
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '25006', // read_only_sql_transaction: a standby that is about to be promoted
]);

/** Codes of the operating system for networks and sockets that are away. */
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOENT', // the Unix socket
  'ENOTFOUND', // the name; the resolver may be away as well
  'EAI_AGAIN',
]);

/** What the package pg says, without a code, of connections that end or do not begin. */
const LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|There was an error establishing an SSL connection|Client network socket disconnected)/;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** May another try help, on a new connection? */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof KhaError) return false;
  if (error instanceof AggregateError && error.errors.some(isPassing)) return true;
  const code = codeOf(error);
  return PASSING.has(code) || AWAY.has(code) || code.startsWith('08') || LOST.test(error.message);
}

/** Did the server say that it has no TLS? */
export const isWithoutTls = (error: unknown): boolean =>
  error instanceof Error && error.message === 'The server does not support SSL connections';

/** KHA4008: it stayed away for as long as was waited. */
export const unreachable = (place: string, waitedMs: number, cause: unknown): KhaError =>
  new KhaError(`The store ${place} does not answer, tried for ${Math.round(waitedMs / 1000)} s: ${messageOf(cause)}.`, {
    code: 'KHA4008',
    blame: 'configuration',
    hint: 'Is PostgreSQL running there, and is the address in KHA_STORE right? kha doctor looks again. What was under way goes on when it is back.',
    final: false,
    cause,
  });

/** KHA4008: somebody waited for it when this process let go of it. */
export const closed = (place: string, cause: unknown): KhaError =>
  new KhaError(`The store ${place} was closed before it answered.`, {
    code: 'KHA4008',
    blame: 'configuration',
    hint: 'This kha was ending. What was under way goes on with the next one.',
    final: false,
    cause,
  });

/** Any other failure of PostgreSQL in words: KHA4009. */
export function refusal(place: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof KhaError) return cause;
  return new KhaError(`The store ${place} refuses: ${messageOf(cause)}.`, {
    code: 'KHA4009',
    blame: 'configuration',
    hint: hintFor(cause),
    cause,
  });
}

function hintFor(cause: Error): string {
  const code = codeOf(cause);
  if (/client password must be/.test(cause.message))
    return 'It wants a password: give it in KHA_STORE_PASSWORD_FILE (a file), PGPASSFILE or ~/.pgpass, or PGPASSWORD.';
  if (code === '28P01') return 'The password is wrong: see KHA_STORE_PASSWORD_FILE, PGPASSWORD, PGPASSFILE, ~/.pgpass.';
  if (code.startsWith('28')) return 'Let this user in from this machine: pg_hba.conf of the server.';
  if (code === '3D000') return 'Make the database: createdb --owner <user> --encoding UTF8 <database>';
  if (code === '42501') return 'Let the user make the schema kha: GRANT CREATE ON DATABASE <database> TO <user>';
  if (code === '53100') return "The server's disk is full: free some space there.";
  if (isWithoutTls(cause))
    return 'Set up TLS on the server, or choose sslmode=disable where the network is yours alone.';
  if (isCertificate(cause)) return "Check sslrootcert, and that the server's certificate names the host of KHA_STORE.";
  return "See PostgreSQL's log for the reason.";
}

const isCertificate = (cause: Error): boolean =>
  /certificate/i.test(cause.message) || /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_|SELF_SIGNED)/.test(codeOf(cause));

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}
