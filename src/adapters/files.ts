import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KhaError } from '../cluster/error.ts';

export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined;

/** Replaces `path` in one step: readers see the old content or the new one, also after a crash. Folders have mode 0700. */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  tmpDir: string,
  mode = 0o600,
): Promise<void> {
  await withTemporary(path, content, tmpDir, async (temporary) => {
    if (mode !== 0o600) await chmod(temporary, mode);
    await rename(temporary, path);
  });
}

/** As `replaceFile`, but never over an existing file. True where this call made it. */
export async function createFile(path: string, content: string | Uint8Array, tmpDir: string): Promise<boolean> {
  let made = true;
  await withTemporary(path, content, tmpDir, async (temporary) => {
    try {
      // A link appears with its whole content or not at all; open(…, 'wx') would show an empty file first.
      await link(temporary, path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      made = false;
    }
  });
  return made;
}

async function withTemporary(
  path: string,
  content: string | Uint8Array,
  tmpDir: string,
  publish: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = join(tmpDir, `${process.pid}-${randomUUID()}`);
  try {
    await mkdir(tmpDir, { recursive: true, mode: 0o700 });
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await publish(temporary);
    await syncDirectory(dirname(path));
  } catch (cause) {
    throw ioError('written', path, cause);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const HINTS: Record<string, string> = {
  EACCES: 'Give your user access to it, or set KHA_HOME to a folder of your own.',
  EPERM: 'Give your user access to it, or set KHA_HOME to a folder of your own.',
  EROFS: 'The file system is read-only: set KHA_HOME to a folder that can be written.',
  ENOSPC: 'The disk is full: free some space and run the command again.',
  EDQUOT: 'Your disk quota is used up: free some space and run the command again.',
  EMFILE: 'Too many files are open: raise `ulimit -n`.',
};

/** A failed read or write of kha's own files, with the way out where one is known. */
export function ioError(done: 'written' | 'read' | 'removed', path: string, cause: unknown): KhaError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new KhaError(`${path} could not be ${done}: ${why}.`, {
    code: 'KHA4005',
    blame: 'configuration',
    hint: HINTS[codeOf(cause) ?? ''] ?? 'Check the disk and the permissions of that path.',
    final: false,
    cause,
  });
}
