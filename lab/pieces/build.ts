import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { labError } from '../error.ts';
import { places } from '../places.ts';
import { duration, type Progress } from '../progress.ts';
import { inBuildOrder, type Piece, titleOf } from './piece.ts';
import { directoryOf, nameOf } from './stamp.ts';

/** Whether a piece is in the cache as it is now defined. */
export function isBuilt(piece: Piece): boolean {
  return existsSync(directoryOf(piece));
}

/**
 * Build what is missing of these pieces and of all they need, one after another (each uses all cores). What was finished
 * before an interruption is kept.
 */
export async function buildPieces(pieces: readonly Piece[], progress: Progress): Promise<void> {
  const missing = inBuildOrder(pieces).filter((piece) => !isBuilt(piece));
  if (missing.length === 0) return;
  requireSpace(missing.some((piece) => piece.seconds > 300) ? 20 : 3);
  const estimate = missing.reduce((sum, piece) => sum + piece.seconds, 0);
  progress.say(
    `to build: ${missing.map(titleOf).join(', ')}; about ${duration(estimate)} on two cores, kept for next time`,
  );
  for (const [index, piece] of missing.entries()) {
    const left = missing.slice(index).reduce((sum, each) => sum + each.seconds, 0);
    await progress.step(
      { title: titleOf(piece), number: index + 1, of: missing.length, seconds: piece.seconds, secondsLeft: left },
      () => buildOne(piece),
    );
  }
}

/** Compilers fail in odd ways on a full disk, and late. */
function requireSpace(gigabytes: number): void {
  mkdirSync(places.cache, { recursive: true, mode: 0o755 });
  const { bavail, bsize } = statfsSync(places.cache);
  const free = Math.floor((bavail * bsize) / 1e9);
  if (free < gigabytes) {
    throw labError(
      `Building the lab needs about ${gigabytes} GB in ${places.cache}; there are ${free} GB.`,
      'Make room, or name another place: KHA_LAB_CACHE=/a/bigger/disk.',
    );
  }
}

async function buildOne(piece: Piece): Promise<void> {
  const final = directoryOf(piece);
  const name = nameOf(piece);
  const work = join(places.work, name);
  const out = join(work, 'out');
  rmSync(work, { recursive: true, force: true });
  for (const directory of [out, join(work, 'tmp'), places.pieces, places.logs]) {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
  }
  const log = join(places.logs, `${name}.log`);
  rmSync(log, { force: true });
  await piece.build({ out, work: join(work, 'tmp'), log, directoryOf });
  renameSync(out, final);
  rmSync(work, { recursive: true, force: true });
}

/** Remove what older definitions of these pieces have left in the cache, except of those that may be in use. */
export function removeOutdated(pieces: readonly Piece[], inUse: readonly Piece[] = []): void {
  for (const piece of inBuildOrder(pieces).filter((each) => !inUse.includes(each))) {
    const current = directoryOf(piece);
    for (const entry of existsSync(places.pieces) ? readdirSync(places.pieces) : []) {
      const path = join(places.pieces, entry);
      if (
        /^[0-9a-f]{12}$/.test(entry.slice(nameOf(piece).length + 1)) &&
        entry.startsWith(`${nameOf(piece)}-`) &&
        path !== current
      ) {
        rmSync(path, { recursive: true, force: true });
      }
    }
  }
}
