import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { downloadPackages } from '../debian/download.ts';
import { hostBase } from '../hosts/base.ts';
import type { Piece } from '../pieces/piece.ts';
import { labFolder } from '../places.ts';
import { run } from '../run.ts';

const packages = ['nginx', 'docker-registry'];

let base: Piece | undefined;

/** Root file system of the mirror host: that of the others with a web server and a registry. */
export function mirrorBase(): Piece {
  base ??= {
    id: 'mirror-base',
    version: 'bookworm',
    needs: [hostBase()],
    definition: packages,
    inputs: ['mirror/mirror-base.ts', 'mirror/files'],
    seconds: 30,
    build: async ({ out, work, log, directoryOf }) => {
      const below = directoryOf(hostBase());
      const debs = await downloadPackages({ packages, state: work, installed: join(below, 'var/lib/dpkg/status') });
      await run('cp', ['-a', `${below}/.`, out]);
      const inside = join(out, 'tmp/debs');
      mkdirSync(inside);
      for (const deb of debs) cpSync(deb, join(inside, basename(deb)));
      // their services must not start here: that is for the host to do
      const policy = join(out, 'usr/sbin/policy-rc.d');
      writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
      const files = debs.map((deb) => `/tmp/debs/${basename(deb)}`);
      const env = { DEBIAN_FRONTEND: 'noninteractive' };
      await run('chroot', [out, 'dpkg', '--install', '--force-confold', ...files], { log, env });
      for (const path of [policy, inside]) rmSync(path, { recursive: true });
      cpSync(join(labFolder, 'mirror', 'files'), out, { recursive: true });
      await run('chroot', [out, 'systemctl', '--quiet', 'enable', 'nginx.service', 'docker-registry.service'], { log });
      await run('chroot', [out, 'systemctl', '--quiet', 'disable', 'ssh.socket'], { log });
    },
  };
  return base;
}
