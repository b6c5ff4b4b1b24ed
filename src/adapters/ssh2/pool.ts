import type { Client } from 'ssh2';
import type { Connection } from '../../cluster/connection.ts';
import { KhaError } from '../../cluster/error.ts';
import { logIn, openForward, openSocket, type VerifyHostKey } from './connect.ts';
import { type CredentialSources, loginMethods } from './credentials.ts';
import { placeOf, sshError } from './errors.ts';
import { hostKey } from './known-hosts.ts';
import { type KnownHosts, knownTypes } from './confirmed-keys.ts';
import { refuseUntrusted, trustedLines } from './trust.ts';

export interface PoolOptions extends CredentialSources {
  knownHosts: KnownHosts;
  /** For each of: TCP, and handshake with login. */
  connectTimeoutMs: number;
  /** A connection without any use is closed after this long. */
  idleMs: number;
  keepaliveMs: number;
  /** Sessions at once on a connection; below sshd's MaxSessions (default 10). */
  maxChannels: number;
}

/** An open connection, shared by all who use a host. */
export interface Pooled {
  client: Client;
  /** Waits for a free channel; the caller must call `release` once. */
  acquire(abort?: AbortSignal): Promise<void>;
  release(): void;
  /** The server allows fewer channels than thought: keep below what is open now. False where there is none open. */
  shrink(): boolean;
  /** Neither closed nor retired. */
  isUsable(): boolean;
  /** Takes no new work: the server holds on to something that was given up here. Closes when the others are done. */
  retire(): void;
  /** Called once, when it can't be used any more. */
  whenGone(action: () => void): void;
  /** Keeps the connection from idle closing as long as another one runs through it. */
  hold(): () => void;
}

export interface Pool {
  connect(to: Connection): Promise<Pooled>;
  /** A handshake that ends at the host's key: nothing is trusted, nobody logs in. */
  look(to: Connection, see: (blob: Buffer) => void): Promise<void>;
  close(): Promise<void>;
}

const keyOf = (to: Connection): string => JSON.stringify(to);

export function createPool(options: PoolOptions): Pool {
  const entries = new Map<string, Promise<Pooled>>();

  async function openStream(to: Connection) {
    const via = to.jump.at(-1);
    if (!via) return { stream: await openSocket(to, options.connectTimeoutMs), letGo: () => {} };
    const hop = { ...via, jump: to.jump.slice(0, -1) };
    const bastion = await connect(hop).catch((cause: unknown) => {
      throw bastionError(to, hop, cause);
    });
    const letGo = bastion.hold();
    try {
      return { stream: await openForward(bastion.client, hop, to, options.connectTimeoutMs), letGo };
    } catch (error) {
      letGo();
      throw error;
    }
  }

  async function open(to: Connection): Promise<Pooled> {
    const [methods, hosts] = await Promise.all([loginMethods(to, options), options.knownHosts.read()]);
    const verify: VerifyHostKey = async (blob) => refuseUntrusted(to, hosts, hostKey(blob), options.knownHosts.place);
    const { stream, letGo } = await openStream(to);
    try {
      const client = await logIn(stream, to, {
        verify,
        methods,
        knownTypes: knownTypes(trustedLines(to, hosts), to),
        timeoutMs: options.connectTimeoutMs,
        keepaliveMs: options.keepaliveMs,
      });
      // A stream through a bastion that dies says nothing to ssh2: tell it.
      stream.once('close', () => client.destroy());
      client.once('close', letGo);
      return pooled(client, options);
    } catch (error) {
      letGo();
      throw error;
    }
  }

  function connect(to: Connection): Promise<Pooled> {
    const key = keyOf(to);
    const existing = entries.get(key);
    if (existing) return existing;
    const entry = open(to);
    entries.set(key, entry);
    const forget = () => {
      if (entries.get(key) === entry) entries.delete(key);
    };
    entry.then((p) => p.whenGone(forget), forget);
    return entry;
  }

  return {
    connect,
    async look(to, see) {
      const { stream, letGo } = await openStream(to);
      const seen = sshError('handshake', to, 'The host key was read.');
      const verify: VerifyHostKey = async (blob) => {
        see(blob);
        return seen;
      };
      const { connectTimeoutMs: timeoutMs } = options;
      const hosts = trustedLines(to, await options.knownHosts.read());
      try {
        await logIn(stream, to, { verify, methods: [], knownTypes: knownTypes(hosts, to), timeoutMs, keepaliveMs: 0 });
      } catch (error) {
        if (error !== seen) throw error;
      } finally {
        stream.destroy();
        letGo();
      }
    },
    async close() {
      const open = await Promise.allSettled(entries.values());
      entries.clear();
      await Promise.all(open.flatMap((result) => (result.status === 'fulfilled' ? [endOf(result.value.client)] : [])));
    },
  };
}

/** Ends a connection and waits until it is closed. */
function endOf(client: Client): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => client.destroy(), 1000);
    client.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    client.end();
  });
}

function pooled(client: Client, options: PoolOptions): Pooled {
  const waiting: (() => void)[] = [];
  let cap = options.maxChannels;
  let active = 0;
  let holds = 0;
  let isUsable = true;
  const gone: (() => void)[] = [];
  let idle: NodeJS.Timeout | undefined;
  const rest = () => {
    clearTimeout(idle);
    if (active > 0 || holds > 0) return;
    if (isUsable) idle = setTimeout(() => client.end(), options.idleMs).unref();
    else client.end();
  };
  const admit = () => {
    for (;;) {
      const next = active < cap || !isUsable ? waiting.shift() : undefined;
      if (!next) return;
      active++;
      next();
    }
  };
  const giveUp = () => {
    if (!isUsable) return;
    isUsable = false;
    for (const action of gone.splice(0)) action();
    // Those who wait go on, find it gone and connect anew.
    admit();
    rest();
  };
  client.once('close', giveUp);
  rest();
  return {
    client,
    isUsable: () => isUsable,
    retire: giveUp,
    whenGone(action) {
      if (isUsable) gone.push(action);
      else action();
    },
    acquire(abort) {
      clearTimeout(idle);
      return new Promise((resolve, reject) => {
        const enter = () => {
          abort?.removeEventListener('abort', leave);
          resolve();
        };
        const leave = () => {
          waiting.splice(waiting.indexOf(enter), 1);
          rest();
          reject(abort?.reason as Error);
        };
        if (abort?.aborted) return reject(abort.reason as Error);
        abort?.addEventListener('abort', leave, { once: true });
        waiting.push(enter);
        return admit();
      });
    },
    release() {
      active--;
      admit();
      rest();
    },
    shrink() {
      // The caller itself holds one that could not be opened.
      if (active < 2) return false;
      cap = Math.min(cap, active - 1);
      return true;
    },
    hold() {
      holds++;
      clearTimeout(idle);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holds--;
        rest();
      };
    },
  };
}

function bastionError(to: Connection, hop: Connection, cause: unknown): KhaError {
  if (!(cause instanceof KhaError)) throw cause;
  // A bastion behind a bastion was named by the inner one already.
  if (cause.code === 'KHA3011') return cause;
  return sshError('bastion', to, `${placeOf(to)} can't be reached: its bastion ${hop.name} failed. ${cause.message}`, {
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    lastLines: cause.lastLines,
    final: cause.final,
    blame: cause.blame,
    cause,
  });
}
