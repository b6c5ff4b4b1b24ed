import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { labFolder, places } from '../places.ts';
import type { Piece } from './piece.ts';

/** A short hash over everything that a piece is made of. The same stamp means the same result. */
function stampOf(piece: Piece): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([piece.id, piece.version, piece.definition, piece.needs.map(stampOf)]));
  for (const input of piece.inputs) {
    for (const file of filesUnder(join(labFolder, input))) {
      // Relative, so that every checkout on this machine finds the same piece.
      hash.update(`\0${relative(labFolder, file)}\0`).update(readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 12);
}

/** Where a piece is, or will be, in the cache. */
export function directoryOf(piece: Piece): string {
  return join(places.pieces, `${nameOf(piece)}-${stampOf(piece)}`);
}

/** Name of a piece's directory without its stamp. */
export function nameOf(piece: Piece): string {
  return [piece.id, piece.version].filter(Boolean).join('-');
}

function filesUnder(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}
