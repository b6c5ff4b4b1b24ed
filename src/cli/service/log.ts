import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Logger } from 'pino';
import type { Context } from '../context.ts';
import { timeOfDay } from '../output/time.ts';

interface Entry {
  level: number;
  time: number;
  msg?: string;
  err?: { message?: string };
  /** As Temporal's SDK names it. */
  error?: { message?: string };
}

const WARN = 40;

/** The log of a service: JSON in a file under KHA_HOME, lines for people on standard error. Secrets never reach it. */
export async function createLog(context: Context, name: string): Promise<{ log: Logger; file: string }> {
  const { pino } = await import('pino');
  const { logs } = context.home();
  // Closed to others from the start, like all of KHA_HOME.
  await mkdir(logs, { recursive: true, mode: 0o700 });
  const file = join(logs, `${name}.log`);
  const people = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') show(context, line);
      done();
    },
  });
  const level = context.global.debug ? 'debug' : context.global.quiet ? 'warn' : 'info';
  const streams = [
    { level: 'debug' as const, stream: pino.destination({ dest: file, mode: 0o600, sync: true }) },
    { level: level as 'info', stream: people },
  ];
  return { log: pino({ level: 'debug', base: { pid: process.pid } }, pino.multistream(streams)), file };
}

function show(context: Context, line: string): void {
  const entry = JSON.parse(line) as Entry;
  const { level, time, msg = '' } = entry;
  const why = entry.err?.message ?? entry.error?.message;
  const { paintTalk: paint } = context;
  const text = why && !msg.includes(why) ? `${msg}: ${why}` : msg;
  context.stderr.write(`${paint('dim', timeOfDay(time))} ${level >= WARN ? paint('yellow', text) : text}\n`);
}
