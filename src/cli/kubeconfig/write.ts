import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, realpath, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { isMissing, replaceFile } from '../../adapters/files.ts';
import { KhaError } from '../../cluster/error.ts';
import type { KubeconfigFile } from './merge.ts';

/** Files of $KUBECONFIG, else ~/.kube/config. */
export function kubeconfigPaths(env: NodeJS.ProcessEnv): string[] {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return named.length > 0 ? [...new Set(named)] : [join(env['HOME'] || homedir(), '.kube', 'config')];
}

export async function readKubeconfigs(paths: readonly string[]): Promise<KubeconfigFile[]> {
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      return { path, text };
    }),
  );
}

/**
 * Replaces a kubeconfig in one step, mode 0600, behind the lock that kubectl uses; the old one is kept as
 * `<path>.kha-backup`. Returns the path of the backup, where there was something to keep.
 */
export async function writeKubeconfig(path: string, text: string): Promise<string | undefined> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // A link stays a link: its target is replaced.
  const target = await realpath(path).catch(() => path);
  const lock = `${path}.lock`;
  const handle = await open(lock, constants.O_CREAT | constants.O_EXCL, 0o600).catch((cause: unknown) => {
    throw new KhaError(`${path} is locked by another program (${lock}).`, {
      code: 'KHA1022',
      blame: 'configuration',
      hint: `Try again in a moment. If nothing else runs: rm ${lock}`,
      cause,
    });
  });
  try {
    await handle.close();
    const backup = `${path}.kha-backup`;
    const kept = await copyFile(target, backup).then(
      () => true,
      (error: unknown) => {
        if (isMissing(error)) return false;
        throw error;
      },
    );
    if (kept) await chmod(backup, 0o600);
    await replaceFile(target, text, dirname(target));
    return kept ? backup : undefined;
  } finally {
    await rm(lock, { force: true });
  }
}
