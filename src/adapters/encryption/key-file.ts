import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KhaError } from '../../cluster/error.ts';
import { withFileLock } from '../file-lock.ts';
import { createFile, isMissing, replaceFile } from '../files.ts';
import { findKey, formatKeyRing, type Key, type KeyRing, makeKey, parseKeyRing } from './key-ring.ts';

/** The keys in a file (mode 0600). A process that holds it for long sees changes at its next use. */
export interface KeyFile {
  /** For messages. */
  path: string;
  /**
   * Makes the file with one key at first use; of several processes that do so at once, the first wins and all return its
   * key. `with`: id of a key that is needed; where it is not there, the file is read again even if it looks as before
   * (network file systems tell late).
   */
  load(options?: { with?: string }): Promise<KeyRing>;
  /** What is there, without making it. */
  peek(): Promise<KeyRing | undefined>;
  /** Replaces the ring by what `change` makes of it; changes by several processes take turns. */
  change(change: (ring: KeyRing) => KeyRing): Promise<KeyRing>;
}

/** @throws KhaError KHA4004 (from every method) when the file is no key file, or readable by everybody */
export function openKeyFile(path: string): KeyFile {
  let known: { stamp: string; ring: KeyRing } | undefined;

  async function readOrMake(stamp: string | undefined): Promise<KeyRing> {
    const ring = (await read(path)) ?? (await make(path));
    known = stamp === undefined ? undefined : { stamp, ring };
    return ring;
  }

  return {
    path,
    async load(options = {}) {
      const stamp = await stampOf(path);
      const ring = known && known.stamp === stamp ? known.ring : await readOrMake(stamp);
      return options.with === undefined || findKey(ring, options.with) ? ring : readOrMake(stamp);
    },
    peek: () => read(path),
    change: (change) =>
      withFileLock(`${path}.lock`, async () => {
        const ring = change(await readOrMake(undefined));
        await replaceFile(path, formatKeyRing(ring), join(dirname(path), '.tmp'));
        return ring;
      }),
  };
}

/** The key that was made to be the next one encrypts from now on, or else a new one; the others only decrypt. */
export function withNewKey(ring: KeyRing, now: string): KeyRing {
  const next = ring.find((key) => key.next);
  return [next ? { ...next, next: false } : makeKey(now), ...ring.filter((key) => key !== next)];
}

/** With a key that waits to be the next one; unchanged where there is one. */
export function withNextKey(ring: KeyRing, now: string): KeyRing {
  return ring.some((key) => key.next) ? ring : [ring[0], makeKey(now, true), ...ring.slice(1)];
}

/** Without one of the keys that only decrypt. */
export function withoutKey(ring: KeyRing, gone: Key): KeyRing {
  const [current, ...others] = ring;
  return [current, ...others.filter((key) => key.id !== gone.id)];
}

async function make(path: string): Promise<KeyRing> {
  const ring: KeyRing = [makeKey(new Date().toISOString())];
  await createFile(path, formatKeyRing(ring), join(dirname(path), '.tmp'));
  const made = await read(path);
  if (!made) throw broken(path, 'was removed while it was being made', 'Run the command again.');
  return made;
}

/** Files are replaced, never written in place: another content is another inode. */
async function stampOf(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ ino, mtimeMs, size, mode }) => [ino, mtimeMs, size, mode].join(' '),
    () => undefined,
  );
}

async function read(path: string): Promise<KeyRing | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw broken(path, 'could not be read', 'Give your user read access to it.', cause);
  }
  const { mode, uid } = await stat(path);
  // A key mounted by an orchestrator belongs to another user and can't be changed; one's own can.
  if (mode & 0o007 && uid === process.getuid?.())
    throw broken(path, 'can be read by every user of this machine', `Run: chmod 600 ${path}`);
  const ring = parseKeyRing(text);
  if (ring === undefined)
    throw broken(
      path,
      'holds no keys: 32 bytes in base64 are expected on each line',
      'Restore it from a backup. Without it nothing that was encrypted with it can be read; delete it only if that is lost anyway.',
    );
  return ring;
}

const broken = (path: string, what: string, hint: string, cause?: unknown): KhaError =>
  new KhaError(`The key file ${path} ${what}.`, { code: 'KHA4004', blame: 'configuration', hint, cause });
