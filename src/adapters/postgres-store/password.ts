import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isMissing } from '../files.ts';
import { badSetting, type PostgresSettings } from './settings.ts';

type Environment = Record<string, string | undefined>;

/**
 * The password of a login, asked for anew with each connection, so that a changed one is found: from the file
 * KHA_STORE_PASSWORD_FILE (it alone, as container secrets are), else PGPASSWORD, else the password file of libpq (passfile=,
 * PGPASSFILE, ~/.pgpass). Undefined where there is none.
 *
 * @throws KhaError KHA4007 for a file that can't be read, or that everybody can read
 */
export async function findPassword(settings: PostgresSettings, env: Environment): Promise<string | undefined> {
  const file = env['KHA_STORE_PASSWORD_FILE'];
  if (file) {
    const text = await readSecretFile(file);
    if (text === undefined)
      throw badSetting(
        `The file ${file} of KHA_STORE_PASSWORD_FILE does not exist.`,
        'Put the password there, mode 0600.',
      );
    // Editors end files with a line end that is not part of the secret.
    return text.replace(/\r?\n$/, '');
  }
  if (env['PGPASSWORD']) return env['PGPASSWORD'];
  const text = await readSecretFile(settings.passfile ?? join(env['HOME'] || homedir(), '.pgpass'));
  return text === undefined ? undefined : passwordIn(text, settings);
}

/**
 * The first line of a password file that fits: `host:port:database:user:password`, where `*` fits everything and `\`
 * quotes (PostgreSQL documentation, 34.16 The Password File).
 */
export function passwordIn(
  text: string,
  { host, port, database, user }: Pick<PostgresSettings, 'host' | 'port' | 'database' | 'user'>,
): string | undefined {
  const wanted = [host.startsWith('/') ? [host, 'localhost'] : [host], [String(port)], [database], [user]];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = [...line.matchAll(/(?:^|:)((?:\\.|[^:\\])*)/g)].map(([, field = '']) =>
      field.replace(/\\(.)/g, '$1'),
    );
    const password = fields[4];
    if (password === undefined) continue;
    if (wanted.every((values, i) => fields[i] === '*' || values.includes(fields[i] ?? ''))) return password;
  }
  return undefined;
}

async function readSecretFile(path: string): Promise<string | undefined> {
  const file = await Promise.all([readFile(path, 'utf8'), stat(path)]).catch((cause: unknown) => {
    if (isMissing(cause)) return undefined;
    throw badSetting(`The password file ${path} can't be read.`, 'Give your user read access to it.', cause);
  });
  if (!file) return undefined;
  const [text, { mode, uid }] = file;
  // A file that an orchestrator mounts belongs to another user and can't be changed; one's own can.
  if (mode & 0o007 && uid === process.getuid?.())
    throw badSetting(`The password file ${path} can be read by every user of this machine.`, `Run: chmod 600 ${path}`);
  return text;
}
