import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { SecretRef } from '../../cluster/connection.ts';
import { KhaError } from '../../cluster/error.ts';
import { expandHome, type ResolveSecret } from './credentials.ts';

const missing = (message: string, hint: string, cause?: unknown): KhaError =>
  new KhaError(message, { code: 'KHA3012', blame: 'configuration', hint, final: false, cause });

/** Resolves references on the machine of the worker. `getSecret` asks the encrypted store. Throws KHA3012 where there is none. */
export function secretResolver(
  getSecret: (name: string) => Promise<string | undefined>,
  env: NodeJS.ProcessEnv = process.env,
): ResolveSecret {
  return async (ref: SecretRef) => {
    if ('env' in ref) {
      const value = env[ref.env];
      if (value) return value;
      throw missing(
        `The environment variable ${ref.env} is not set.`,
        `Set ${ref.env} where the kha worker is started.`,
      );
    }
    if ('secret' in ref) {
      const value = await getSecret(ref.secret);
      if (value !== undefined) return value;
      throw missing(`There is no secret ${ref.secret}.`, `Store it: kha secret put ${ref.secret}`);
    }
    const path = expandHome(ref.file, homedir());
    try {
      // Editors end files with a line end that is not part of the secret.
      return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
    } catch (cause) {
      throw missing(
        `The file ${path} of a secret can't be read: ${(cause as Error).message}.`,
        'Put it on the machine of the worker, readable by its user only.',
        cause,
      );
    }
  };
}
