import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { places } from '../places.ts';
import { run } from '../run.ts';

/** What containerd never changes in place, and what makes most of a prepared host's /var: shared by hard links. */
const shared = [
  'lib/containerd/io.containerd.content.v1.content/blobs',
  'lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots',
];

/** Files that make a host the one it is; a host that starts with another's disk has its own. */
const identity = [
  'up/etc/machine-id',
  'up/etc/hostname',
  'up/etc/hosts',
  'up/etc/lab.env',
  'up/etc/ssh/ssh_host_ed25519_key',
  'up/etc/ssh/ssh_host_ed25519_key.pub',
];

/** A copy of a /var. */
export async function copyVar(from: string, to: string): Promise<void> {
  const links = shared.filter((path) => existsSync(join(from, path)));
  if (links.length === 0) return void (await run('cp', ['-a', from, to]));
  mkdirSync(to, { mode: 0o755 });
  const left = links.map((path) => `--exclude=./${path}`);
  const copy = 'to=$1 from=$2; shift 2; tar -C "$from" --xattrs -c "$@" . | tar -C "$to" --xattrs -xp';
  await run('sh', ['-c', copy, 'copy', to, from, ...left]);
  for (const path of links) await run('cp', ['-al', join(from, path), join(to, path)]);
}

/** Keep the disk of a host that is off, without what makes it this host, for other hosts to start with. Returns its directory. */
export async function keepDisk(name: string, as: string): Promise<string> {
  const [disk, kept] = [join(places.hosts, name), join(places.kept, as)];
  const temporary = `${kept}.new`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true, mode: 0o755 });
  for (const part of ['up', 'var']) await run('cp', ['-a', join(disk, part), join(temporary, part)]);
  for (const path of identity) rmSync(join(temporary, path), { force: true });
  rmSync(kept, { recursive: true, force: true });
  renameSync(temporary, kept);
  return kept;
}
