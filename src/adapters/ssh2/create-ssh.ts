import { randomBytes } from 'node:crypto';
import type { ClientChannel } from 'ssh2';
import type { Connection } from '../../cluster/connection.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ExecOptions, ExecResult, HostKey, Ssh } from '../../ports/ssh.ts';
import { type Launch, launch } from './become.ts';
import { converse, lostError } from './channel.ts';
import type { CredentialSources } from './credentials.ts';
import { placeOf, sshError } from './errors.ts';
import { hostKey } from './known-hosts.ts';
import type { KnownHosts } from './confirmed-keys.ts';
import { createPool, type Pooled, type PoolOptions } from './pool.ts';

export interface SshOptions extends CredentialSources {
  /** The cluster's confirmed host keys. */
  knownHosts: KnownHosts;
  clock: Clock;
  /** For each of: TCP, and handshake with login. Default 20 s. */
  connectTimeoutMs?: number;
  /** An unused connection is closed after this long. Default 5 min. */
  idleMs?: number;
  /** Probe of a silent connection; the third without an answer ends it. Default 10 s. */
  keepaliveMs?: number;
  /** Sessions at once on one connection. Default 8: sshd's MaxSessions is 10, and a person may want one. */
  maxChannels?: number;
}

type Opened = { channel: ClientChannel } | { closed: unknown } | { refused: Error; full: boolean };

function openChannel(client: Pooled['client'], commandLine: string): Promise<Opened> {
  return new Promise((resolve) => {
    try {
      client.exec(commandLine, (error, channel) => {
        if (!error) resolve({ channel });
        // ssh2 gives the number of RFC 4254 §5.1 only where the server answered.
        else if ('reason' in error && typeof error.reason === 'number') resolve({ refused: error, full: true });
        else if (error.message === 'Unable to exec') resolve({ refused: error, full: false });
        else resolve({ closed: error });
      });
    } catch (error) {
      resolve({ closed: error });
    }
  });
}

/** Commands over SSH by the ssh2 package. Close it at the end: open connections keep the process alive. */
export function createSsh(options: SshOptions): Ssh {
  const settings: PoolOptions = {
    ...options,
    connectTimeoutMs: options.connectTimeoutMs ?? 20_000,
    idleMs: options.idleMs ?? 300_000,
    keepaliveMs: options.keepaliveMs ?? 10_000,
    maxChannels: options.maxChannels ?? 8,
  };
  const pool = createPool(settings);

  /**
   * Runs `use` with a channel on which the command line was started. Opening may be tried anew at will: nothing runs before
   * the script was written to the channel.
   */
  async function withChannel<T>(
    to: Connection,
    start: Launch,
    abort: AbortSignal | undefined,
    use: (channel: ClientChannel) => Promise<T>,
  ): Promise<T> {
    let closedBefore = 0;
    for (;;) {
      abort?.throwIfAborted();
      const pooled = await abortable(pool.connect(to), abort);
      await pooled.acquire(abort);
      let wasClosed: unknown;
      let channel: ClientChannel | undefined;
      let isClosed = true;
      try {
        if (!pooled.isUsable()) continue;
        const opened = await openChannel(pooled.client, start.commandLine);
        if ('channel' in opened) {
          channel = opened.channel;
          isClosed = false;
          channel.once('close', () => {
            isClosed = true;
          });
          return await use(channel);
        }
        if ('closed' in opened) wasClosed = opened.closed;
        else if (!opened.full || !pooled.shrink())
          throw sshError('channel', to, `${placeOf(to)} allows no session: ${opened.refused.message}.`, {
            hint: `Check MaxSessions and the forced command in the sshd configuration of ${to.name}.`,
            cause: opened.refused,
          });
      } finally {
        if (channel && !isClosed) void releaseLater(pooled, channel);
        else pooled.release();
      }
      if (wasClosed !== undefined && ++closedBefore > 2) throw lostError(to, wasClosed);
    }
  }

  return {
    async exec(to, command, execOptions: ExecOptions = {}): Promise<ExecResult> {
      const { root = true, abort } = execOptions;
      const hasInput = execOptions.stdin !== undefined;
      const nonce = randomBytes(6).toString('hex');
      const start = launch(to, command.text, { root, hasInput, nonce });
      const password =
        start.prompt !== undefined && to.sudo.password ? await settings.resolveSecret(to.sudo.password) : undefined;
      return withChannel(to, start, abort, async (channel) => {
        const startedAt = options.clock.now();
        const ended = await converse(channel, to, start, execOptions, password);
        return { ...ended, startedAt, endedAt: options.clock.now() };
      });
    },

    async offeredKey(to): Promise<HostKey> {
      let key: HostKey | undefined;
      await pool.look(to, (blob) => {
        key = hostKey(blob);
      });
      if (!key) throw sshError('handshake', to, `${placeOf(to)} did not show a host key.`);
      return key;
    },

    close: () => pool.close(),
  };
}

/**
 * A command that was given up keeps its session until its processes end, and a root login's can't be signalled (sshd wants
 * privilege separation for it). The connection is then left to those who use it, and the next command gets a new one.
 */
async function releaseLater(pooled: Pooled, channel: ClientChannel): Promise<void> {
  const closed = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), 300).unref();
    channel.once('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
  if (!closed) pooled.retire();
  pooled.release();
}

/** Stops waiting at an abort; the shared connection goes on opening for others. */
function abortable<T>(promise: Promise<T>, abort: AbortSignal | undefined): Promise<T> {
  if (!abort) return promise;
  return new Promise((resolve, reject) => {
    const leave = () => reject(abort.reason as Error);
    abort.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => abort.removeEventListener('abort', leave));
  });
}
