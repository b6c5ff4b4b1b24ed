import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Ask every `every` milliseconds until the answer is yes; false where that takes longer than `seconds`. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  seconds: number,
  every = 50,
): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) return false;
    await pause(every);
  }
  return true;
}

/** Whether a server at this address and port answers within `milliseconds` and, if given, starts with `greeting`. */
export function answers(address: string, port: number, greeting = '', milliseconds = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: milliseconds });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => greeting === '' && done(true));
    socket.on('data', (data) => done(data.toString('latin1').startsWith(greeting)));
    socket.on('timeout', () => done(false));
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
  });
}
