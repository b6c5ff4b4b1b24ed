import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Not twice in one process: who asks for several binds them later. */
const given = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listens on. Below those that the kernel gives to outgoing connections (32768 and up, ip(7)): a server
 * that was killed must find its port free when it comes again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_768);
    if (given.has(port)) continue;
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer()
        .once('error', () => resolve(false))
        .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (!isFree) continue;
    given.add(port);
    return port;
  }
}
