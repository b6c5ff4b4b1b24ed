import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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
