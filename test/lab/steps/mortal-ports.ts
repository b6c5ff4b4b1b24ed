import type { Ports } from '../../../src/activities/ports.ts';
import type { Ssh } from '../../../src/ports/ssh.ts';
import type { Store } from '../../../src/ports/store.ts';

/** The ports of a worker that can die in the middle: from then on nothing of it reaches anything, not even to clean up. */
export interface MortalPorts {
  ports: Ports;
  die: () => void;
  isDead: () => boolean;
}

export interface Senses {
  /** Standard output of commands, as it comes. */
  onStdout?: (text: string, die: () => void) => void;
  /** Before each call of a port that touches a host or writes to the store; `count` is from 1. */
  onCall?: (count: number, die: () => void) => void;
}

const writes = new Set(['putObject', 'putCluster', 'putSecret', 'createSecret', 'deleteSecret', 'appendLog']);

export function mortalPorts(inner: Ports, { onStdout, onCall }: Senses = {}): MortalPorts {
  const death = new AbortController();
  let calls = 0;
  const die = (): void => death.abort(new Error('this worker is dead'));
  const called = (): void => {
    death.signal.throwIfAborted();
    onCall?.(++calls, die);
    death.signal.throwIfAborted();
  };

  const ssh = (cluster: string): Ssh => {
    const real = inner.ssh(cluster);
    return {
      ...real,
      exec: async (to, command, options = {}) => {
        called();
        const signal = options.abort ? AbortSignal.any([options.abort, death.signal]) : death.signal;
        const decoder = new TextDecoder();
        const result = await real.exec(to, command, {
          ...options,
          abort: signal,
          onData: (stream, chunk) => {
            if (stream === 'stdout') onStdout?.(decoder.decode(chunk, { stream: true }), die);
            options.onData?.(stream, chunk);
          },
        });
        death.signal.throwIfAborted();
        return result;
      },
    };
  };
  const store = new Proxy(inner.store, {
    get: (target, name: keyof Store) =>
      ((...args: never[]) => {
        if (writes.has(name)) called();
        else death.signal.throwIfAborted();
        return (target[name] as (...a: never[]) => unknown)(...args);
      }) as unknown,
  });
  return {
    ports: {
      ...inner,
      ssh,
      store,
    },
    die,
    isDead: () => death.signal.aborted,
  };
}
