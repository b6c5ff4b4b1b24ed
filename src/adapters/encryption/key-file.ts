import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KhaError } from '../../cluster/error.ts';
import { createFile, isMissing } from '../files.ts';

const BYTES = 32;

/**
 * The 256 bit key in a file (base64, one line, mode 0600). It is made at first use; of several processes that do so at
 * once, the first wins and all return its key. Throws KHA4004 when the file is no key, or readable by everybody.
 */
export async function loadKey(path: string): Promise<Uint8Array> {
  const existing = await findKey(path);
  if (existing) return existing;
  await createFile(path, `${randomBytes(BYTES).toString('base64')}\n`, join(dirname(path), '.tmp'));
  const made = await findKey(path);
  if (!made) throw broken(path, 'was removed while it was being made', 'Run the command again.');
  return made;
}

/** As `loadKey`, but undefined where there is no file. */
export async function findKey(path: string): Promise<Uint8Array | undefined> {
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
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== BYTES)
    throw broken(
      path,
      `is no key: ${BYTES} bytes in base64 are expected`,
      'Restore it from a backup. Without it nothing that was encrypted with it can be read; delete it only if that is lost anyway.',
    );
  return key;
}

const broken = (path: string, what: string, hint: string, cause?: unknown): KhaError =>
  new KhaError(`The key file ${path} ${what}.`, { code: 'KHA4004', blame: 'configuration', hint, cause });
