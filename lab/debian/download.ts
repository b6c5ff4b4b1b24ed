import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { places } from '../places.ts';
import { run, tryRun } from '../run.ts';
import { updatePackageLists } from '../machine.ts';

export interface Download {
  packages: readonly string[];
  /** A directory for apt's own state. */
  state: string;
  /** A dpkg status file of what is installed already; by default nothing is. */
  installed?: string;
}

/** Download one package, without what it depends on, and unpack it into a directory. */
export async function unpackPackage(name: string, into: string, work: string): Promise<void> {
  const directory = join(work, name);
  mkdirSync(directory, { recursive: true });
  const download = ['download', '-qq', '-o', 'APT::Sandbox::User=root', name];
  if ((await tryRun('apt-get', download, { cwd: directory })).code !== 0) {
    await updatePackageLists();
    await run('apt-get', download, { cwd: directory });
  }
  for (const file of readdirSync(directory)) await run('dpkg-deb', ['-x', join(directory, file), into]);
}

/**
 * Download Debian packages with all they depend on, from the mirrors that this machine's apt is set up with, without touching what is
 * installed on it. The answer is the paths of the files.
 */
export async function downloadPackages(download: Download): Promise<string[]> {
  const status = download.installed ?? join(download.state, 'nothing-installed');
  if (download.installed === undefined) writeFileSync(status, '');
  const nothing = join(download.state, 'no-archives');
  const archives = join(places.debs, 'archives');
  for (const directory of [nothing, archives]) mkdirSync(join(directory, 'partial'), { recursive: true });
  const install = (directory: string, flag: string) => {
    const options = {
      'Dir::State::status': status,
      'Dir::State::extended_states': join(download.state, 'extended_states'),
      'Dir::Cache::archives': directory,
      'Dir::Cache::pkgcache': '',
      'Dir::Cache::srcpkgcache': '',
      'APT::Sandbox::User': 'root',
      'APT::Keep-Downloaded-Packages': 'true',
      'Debug::NoLocking': 'true',
    };
    const settings = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    return [...settings, 'install', flag, '--yes', '-qq', '--no-install-recommends', ...download.packages];
  };
  const fetched = await tryRun('apt-get', install(archives, '--download-only'));
  if (fetched.code !== 0) {
    await updatePackageLists(); // the lists may be missing, or older than the mirror
    await run('apt-get', install(archives, '--download-only'));
  }
  // with no archives at hand, this names every file
  const uris = await run('apt-get', install(nothing, '--print-uris'));
  return [...uris.matchAll(/^'[^']*' (\S+\.deb) /gm)].map((match) => join(archives, match[1] ?? ''));
}
