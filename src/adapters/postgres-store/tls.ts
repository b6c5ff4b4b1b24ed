import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { isMissing } from '../files.ts';
import { badSetting, type PostgresSettings } from './settings.ts';

/**
 * How TLS is done, by libpq's rules (PostgreSQL documentation, 34.19 SSL Support): false for `disable` and Unix sockets;
 * `allow`, `prefer` and `require` encrypt without a look at the certificate, unless there is a root certificate;
 * `verify-ca` looks at its signature, `verify-full` at its name too. The root certificate is sslrootcert, else
 * ~/.postgresql/root.crt; unlike libpq, `verify-full` without one trusts the public authorities that Node trusts.
 *
 * @throws KhaError KHA4007 for files that can't be read
 */
export async function tlsOptions(
  settings: PostgresSettings,
  home: string = homedir(),
): Promise<ConnectionOptions | false> {
  const { host, sslmode } = settings;
  if (sslmode === 'disable' || host.startsWith('/')) return false;
  const folder = join(home, '.postgresql');
  const ca =
    settings.sslrootcert === 'system'
      ? undefined
      : settings.sslrootcert === undefined
        ? await readIfThere(join(folder, 'root.crt'))
        : await demand('sslrootcert', settings.sslrootcert);
  const cert = settings.sslcert
    ? await demand('sslcert', settings.sslcert)
    : await readIfThere(join(folder, 'postgresql.crt'));
  const key =
    cert === undefined
      ? undefined
      : settings.sslkey
        ? await demand('sslkey', settings.sslkey)
        : await readIfThere(join(folder, 'postgresql.key'));
  const files = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    minVersion: 'TLSv1.2' as const,
  };
  if (sslmode === 'verify-full' || settings.sslrootcert === 'system')
    // Told the host: for an address the TLS module would compare with the name "localhost".
    return { ...files, rejectUnauthorized: true, checkServerIdentity: (_, peer) => checkServerIdentity(host, peer) };
  if (sslmode === 'verify-ca' && ca === undefined)
    throw badSetting(
      'sslmode=verify-ca of the PostgreSQL store needs the certificate of the authority.',
      'Name its file in sslrootcert= (or PGSSLROOTCERT); for a public authority use sslmode=verify-full.',
    );
  if (sslmode === 'verify-ca' || (sslmode === 'require' && ca !== undefined))
    return { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { ...files, rejectUnauthorized: false };
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    if (isMissing(cause)) return undefined;
    throw unreadable('file', path, cause);
  });
}

async function demand(parameter: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(parameter, path, cause);
  });
}

const unreadable = (what: string, path: string, cause: unknown) =>
  badSetting(
    `The ${what} ${path} of the PostgreSQL store can't be read: ${(cause as Error).message}.`,
    'Correct the path, or give your user read access to it.',
    cause,
  );
