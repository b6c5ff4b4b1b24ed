import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SharedText } from '../ports/store.ts';
import { withFileLock } from './file-lock.ts';
import { ioError, isMissing, replaceFile } from './files.ts';

/** The text file at `path`, which need not exist yet. */
export function lockedFile(path: string): SharedText {
  async function read(): Promise<string> {
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      if (isMissing(cause)) return '';
      throw ioError('read', path, cause);
    }
  }
  return {
    place: path,
    read,
    change: (change) =>
      withFileLock(`${path}.lock`, async () => replaceFile(path, change(await read()), join(dirname(path), '.tmp'))),
  };
}
