import { closeSync, type Dirent, openSync, readdirSync, readSync, type Stats, fstatSync } from 'node:fs';
import { join } from 'node:path';

const PIECE_BYTES = 8 << 20;

/** Every regular file below a folder, or the file itself; links are not followed. What vanishes meanwhile is left out. */
export function filesBelow(path: string, except: (path: string) => boolean = () => false): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? [path] : [];
  }
  return entries.flatMap((entry) => {
    const below = join(path, entry.name);
    if (except(below)) return [];
    return entry.isDirectory() ? filesBelow(below, except) : entry.isFile() ? [below] : [];
  });
}

/** Reads a file of any size in pieces that overlap. Nothing where it is gone meanwhile. */
export function readPieces(path: string, overlap: number, piece: (bytes: Buffer, at: number, of: Stats) => void): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const of = fstatSync(file);
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(of.size + 4096, PIECE_BYTES)));
    let kept = 0;
    for (let at = 0; ; ) {
      const read = readSync(file, buffer, kept, buffer.length - kept, null);
      if (read === 0) return;
      const bytes = buffer.subarray(0, kept + read);
      piece(bytes, at - kept, of);
      at += read;
      // a short read says nothing about the end: the overlap is kept until nothing more comes
      kept = Math.min(overlap, bytes.length);
      buffer.copyWithin(0, bytes.length - kept, bytes.length);
      if (kept === buffer.length) return;
    }
  } finally {
    closeSync(file);
  }
}
