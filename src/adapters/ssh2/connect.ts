import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type Client } from 'ssh2';
import type { Connection } from '../../cluster/connection.ts';
import type { KhaError } from '../../cluster/error.ts';
import { algorithms } from './algorithms.ts';
import type { LoginMethod } from './credentials.ts';
import { placeOf, socketError, sshError } from './errors.ts';

/** Opens TCP without Nagle's delay, which costs 90 ms a command. */
export function openSocket(to: Connection, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: to.address, port: to.port, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    socket.once('error', (cause) => {
      clearTimeout(timer);
      reject(socketError(to, cause));
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** A stream to a host through a bastion that is connected already. */
export function openForward(bastion: Client, via: Connection, to: Connection, timeoutMs: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => {
      clearTimeout(timer);
      reject(
        sshError('bastion', to, `The bastion ${placeOf(via)} can't reach ${placeOf(to)}: ${why}.`, {
          hint: `On ${via.name}, try: nc -vz ${to.address} ${to.port}. Its sshd must allow it (AllowTcpForwarding yes).`,
          cause,
        }),
      );
    };
    const timer = setTimeout(() => fail('it does not answer'), timeoutMs);
    try {
      bastion.forwardOut('127.0.0.1', 0, to.address, to.port, (error, stream) => {
        if (error) return fail(error.message, error);
        clearTimeout(timer);
        return resolve(stream);
      });
    } catch (error) {
      fail('the connection to it is closed', error);
    }
  });
}

/** Judges the key that a host offers: undefined to go on, or the error to stop with. Never throws. */
export type VerifyHostKey = (blob: Buffer) => Promise<KhaError | undefined>;

export interface LoginOptions {
  verify: VerifyHostKey;
  methods: readonly LoginMethod[];
  /** Types of known host keys, to be asked for first. */
  knownTypes: readonly string[];
  timeoutMs: number;
  keepaliveMs: number;
}

/** Does the handshake and logs in over a stream. Resolves to a client that is ready for channels. */
export function logIn(stream: Duplex, to: Connection, options: LoginOptions): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const left = [...options.methods];
    const tried: string[] = [];
    const notes: string[] = [];
    let allowed: readonly string[] | undefined;
    let refusal: KhaError | undefined;
    let banner = '';
    let settled = false;
    const fail = (error: KhaError) => {
      if (settled) return;
      settled = true;
      reject(error);
      client.destroy();
      stream.destroy();
    };
    client.on('banner', (message) => {
      banner += message;
    });
    client.on('error', (error) => {
      if (error.level === 'agent') notes.push(`agent: ${error.message}`);
      else fail(refusal ?? loginError(to, error, { tried, notes, allowed, banner }));
    });
    client.on('close', () =>
      fail(refusal ?? loginError(to, new Error('it closed the connection'), { tried, notes, allowed, banner })),
    );
    client.once('ready', () => {
      settled = true;
      // From here errors are the channels' business; without a listener they would end the process.
      client.removeAllListeners('error').on('error', () => {});
      resolve(client);
    });
    client.connect({
      sock: stream,
      username: to.user,
      algorithms: algorithms(options.knownTypes),
      readyTimeout: options.timeoutMs,
      keepaliveInterval: options.keepaliveMs,
      keepaliveCountMax: 3,
      hostVerifier: (blob: Buffer, answer: (ok: boolean) => void) => {
        void options.verify(blob).then((error) => {
          refusal = error;
          return answer(error === undefined);
        });
      },
      authHandler: (methods, _partial, next) => {
        if (methods) allowed = methods;
        for (;;) {
          const method = left.shift();
          if (!method) return next(false as never);
          if (allowed && !allowed.includes(method.wants)) {
            notes.push(`${method.title}: the server does not allow ${method.wants}`);
            continue;
          }
          tried.push(method.title);
          return next(method.auth);
        }
      },
    });
  });
}

interface LoginHistory {
  tried: readonly string[];
  notes: readonly string[];
  allowed: readonly string[] | undefined;
  banner: string;
}

function loginError(to: Connection, error: Error & { level?: string }, history: LoginHistory): KhaError {
  const { tried, notes, allowed, banner } = history;
  const lastLines = banner.trim() === '' ? [] : banner.trim().split('\n').slice(-10);
  const login = `${to.user}@${placeOf(to)}`;
  if (tried.length > 0 || error.level === 'client-authentication') {
    const how = [...tried, ...notes].join('; ');
    return sshError('authentication', to, `${login} refuses the login. Tried: ${how || 'nothing'}.`, {
      hint:
        `Allow one of these on the host (for a key: its public half in ~${to.user}/.ssh/authorized_keys), or correct user and credentials in the cluster file.` +
        (allowed ? ` The server accepts: ${allowed.join(', ')}.` : ''),
      lastLines,
      cause: error,
    });
  }
  if (error.level === 'client-timeout')
    return sshError('connectTimeout', to, `${placeOf(to)} accepts connections, but its sshd does not answer in time.`, {
      hint: `Is ${to.name} overloaded, or is something other than sshd on port ${to.port}? Try: ssh -v -p ${to.port} ${to.user}@${to.address}`,
      cause: error,
    });
  return sshError('handshake', to, `The SSH handshake with ${placeOf(to)} failed: ${error.message}.`, {
    hint: `Check that port ${to.port} is an sshd with current algorithms (rsa-sha2 or ed25519 host key, no SHA-1): ssh -v -p ${to.port} ${to.user}@${to.address}`,
    lastLines,
    cause: error,
  });
}
