import { compose } from './artifacts/compose.ts';
import { temporalServer, temporalUi } from './artifacts/temporal.ts';
import { withLock } from './lock.ts';
import { buildPieces, removeOutdated } from './pieces/build.ts';
import { type Progress, quietly } from './progress.ts';

const pieces = [compose, temporalUi, temporalServer];

/** Build what the tests of docker-compose.yml run, where it is missing. */
export async function teamArtifacts(progress: Progress = quietly): Promise<void> {
  await withLock('lab', progress.say, async () => {
    await buildPieces(pieces, progress);
    removeOutdated(pieces);
  });
}
