import { randomUUID } from 'node:crypto';
import { readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { createFile, ioError, isMissing } from './files.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

const PAUSE_MS = 20;
/** Locks are held for the time of a few writes; one of another machine or container is given up for dead after this. */
const FOREIGN_MS = 30_000;

interface Holder extends ProcessIdentity {
  /** Where `pid` counts: host name and PID namespace. */
  place: string;
  /** Tells two turns of one process apart. */
  turn: string;
}

/**
 * Runs `action` while nobody else runs one under the same path, in this process or another one. For short actions: the
 * lock of a holder that was killed is taken over, at once on the same machine, else after half a minute.
 *
 * @throws KhaError KHA4005 where the lock can't be written
 */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const me = await holder();
  const mark = `${JSON.stringify(me)}\n`;
  const tmp = join(dirname(path), '.tmp');
  while (!(await createFile(path, mark, tmp))) {
    if (!(await takeAwayIfDead(path, me.place))) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  try {
    return await action();
  } finally {
    // Whoever was so slow that the lock was taken over must not remove the next one's.
    if ((await contentOf(path)) === mark) await rm(path, { force: true });
  }
}

async function holder(): Promise<Holder> {
  const me = await identify(process.pid);
  if (!me) throw new Error('this process can not be identified');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return { ...me, place: `${hostname()} ${namespace}`, turn: randomUUID() };
}

/** True where the lock is gone, or may be. */
async function takeAwayIfDead(path: string, place: string): Promise<boolean> {
  const mark = await contentOf(path);
  if (mark === undefined) return true;
  if (!(await isDead(path, mark, place))) return false;
  // By a rename: of two that try, one fails and looks again.
  const grave = `${path}-${randomUUID()}`;
  try {
    await rename(path, grave);
  } catch (cause) {
    if (isMissing(cause)) return true;
    throw ioError('removed', path, cause);
  }
  // Somebody may have been faster, and this is the lock of the next one: it goes back.
  const taken = await contentOf(grave);
  if (taken !== undefined && taken !== mark) await createFile(path, taken, join(dirname(path), '.tmp'));
  await rm(grave, { force: true });
  return true;
}

async function isDead(path: string, mark: string, place: string): Promise<boolean> {
  let held: Partial<Holder>;
  try {
    held = JSON.parse(mark) as Partial<Holder>;
  } catch {
    held = {};
  }
  const { pid, started } = held;
  if (held.place === place && pid !== undefined && started !== undefined) return !(await isRunning({ pid, started }));
  const age = await stat(path).then(
    (s) => Date.now() - s.mtimeMs,
    () => 0,
  );
  return age > FOREIGN_MS;
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw ioError('read', path, cause);
  }
}
