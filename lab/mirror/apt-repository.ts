import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { signRelease } from '../hosts/keys.ts';
import { run } from '../run.ts';

/**
 * Make an apt repository of the packages in `<root>/pool`: `dists/<suite>/{InRelease,Release,Release.gpg,main/binary-amd64/
 * Packages{,.gz}}`, signed with the lab's key.
 */
export async function indexRepository(root: string, suite: string): Promise<void> {
  const binary = join(root, 'dists', suite, 'main', 'binary-amd64');
  mkdirSync(binary, { recursive: true, mode: 0o755 });
  const packages = await run('apt-ftparchive', ['packages', 'pool'], { cwd: root });
  writeFileSync(join(binary, 'Packages'), packages);
  writeFileSync(join(binary, 'Packages.gz'), gzipSync(packages));
  const fields = {
    Origin: 'kha lab',
    Label: 'kha lab',
    Suite: suite,
    Codename: suite,
    Architectures: 'amd64',
    Components: 'main',
  };
  const options = Object.entries(fields).flatMap(([name, value]) => [
    '-o',
    `APT::FTPArchive::Release::${name}=${value}`,
  ]);
  const release = join(root, 'dists', suite, 'Release');
  const text = await run('apt-ftparchive', [...options, 'release', join('dists', suite)], { cwd: root });
  writeFileSync(`${release}.new`, text); // not among the files that it lists
  renameSync(`${release}.new`, release);
  await signRelease(release);
}
