import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { places } from '../places.ts';
import { run } from '../run.ts';

/**
 * The lab's own keys, made once: the ssh key that hosts accept, the password of user pat, and the key that signs the apt
 * repositories. They open lab hosts only.
 */
export async function ensureKeys(): Promise<void> {
  if (existsSync(places.keys)) return;
  const temporary = `${places.keys}.${process.pid}`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(join(temporary, 'gnupg'), { recursive: true, mode: 0o700 });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'kha lab', '-f', join(temporary, 'id_lab')]);
  writeFileSync(join(temporary, 'pat.password'), `${randomBytes(12).toString('base64url')}\n`, { mode: 0o600 });
  const gpg = { env: { GNUPGHOME: join(temporary, 'gnupg') } };
  await run(
    'gpg',
    ['--batch', '-q', '--passphrase', '', '--quick-gen-key', 'kha lab <lab@kha.invalid>', 'rsa3072', 'sign', 'never'],
    gpg,
  );
  writeFileSync(join(temporary, 'apt.asc'), await run('gpg', ['--batch', '-q', '--armor', '--export'], gpg));
  await run('gpgconf', ['--kill', 'all'], gpg);
  renameSync(temporary, places.keys);
}

/** Sign a file in clear (`InRelease`) and detached (`Release.gpg`) with the key of the lab's repositories. */
export async function signRelease(release: string): Promise<void> {
  const gpg = { env: { GNUPGHOME: join(places.keys, 'gnupg') } };
  const inRelease = release.replace(/Release$/, 'InRelease');
  try {
    await run('gpg', ['--batch', '-q', '--yes', '--clearsign', '--output', inRelease, release], gpg);
    await run(
      'gpg',
      ['--batch', '-q', '--yes', '--armor', '--detach-sign', '--output', `${release}.gpg`, release],
      gpg,
    );
  } finally {
    await run('gpgconf', ['--kill', 'all'], gpg); // gpg leaves its agent running
  }
}
