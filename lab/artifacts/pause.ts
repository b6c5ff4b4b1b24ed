import { join } from 'node:path';
import { once } from '../pieces/once.ts';
import type { Piece } from '../pieces/piece.ts';
import { labFolder } from '../places.ts';
import { run } from '../run.ts';

/** The program of the pause container. */
export const pause = once(
  (version: string): Piece => ({
    id: 'pause',
    version,
    needs: [],
    definition: 'gcc -Os -static -s',
    inputs: ['artifacts/pause'],
    seconds: 1,
    build: async ({ out, log }) => {
      const source = join(labFolder, 'artifacts', 'pause', 'pause.c');
      await run('gcc', ['-Os', '-static', '-s', `-DVERSION=${version}`, '-o', join(out, 'pause'), source], { log });
    },
  }),
);
