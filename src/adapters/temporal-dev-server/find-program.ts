import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { KhaError } from '../../cluster/error.ts';
import { cachedProgram, fetchProgram } from './fetch-program.ts';

export interface ProgramPlaces {
  /** Programs that the user put there. */
  bin: string;
  /** What was fetched before. */
  cache: string;
}

type Environment = Record<string, string | undefined>;

/**
 * Path of the `temporal` program: `$KHA_TEMPORAL_CLI`, PATH, KHA_HOME/bin, the cache; else it is fetched into the cache.
 *
 * @param say gets one line for people when something takes long
 * @throws KhaError KHA6104 with the ways out
 */
export async function findProgram(
  home: ProgramPlaces,
  say: (line: string) => void = () => undefined,
  env: Environment = process.env,
): Promise<string> {
  const named = env['KHA_TEMPORAL_CLI'];
  if (named) {
    if (await isProgram(named)) return named;
    throw new KhaError(`KHA_TEMPORAL_CLI names ${named}, which is no program.`, {
      code: 'KHA6104',
      blame: 'configuration',
      hint: 'Set it to the path of the `temporal` program, or unset it.',
    });
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const path of [...folders, home.bin].map((folder) => join(folder, 'temporal')).concat(cachedProgram(home.cache)))
    if (await isProgram(path)) return path;
  return fetchProgram(home.cache, say, env);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
