import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Piece } from '../pieces/piece.ts';
import { run } from '../run.ts';
import { go, goModule } from './go.ts';

export const runcVersion = '1.4.3';
const tags = ['seccomp', 'urfave_cli_no_docs', 'netgo', 'osusergo'];

/** runc from its own module with its own pins: static, with seccomp. */
export const runc: Piece = {
  id: 'runc',
  version: runcVersion,
  needs: [],
  definition: tags,
  inputs: ['artifacts/runc.ts'],
  seconds: 30,
  build: async ({ out, work, log }) => {
    const sysroot = await libseccomp(work);
    const lib = join(sysroot, 'usr/lib/x86_64-linux-gnu');
    const flags = `-s -w -X main.gitCommit=v${runcVersion} -linkmode external -extldflags -static`;
    await go(
      ['build', '-trimpath', '-mod=readonly', '-tags', tags.join(' '), '-ldflags', flags, '-o', join(out, 'runc'), '.'],
      {
        cwd: await goModule('github.com/opencontainers/runc', runcVersion),
        log,
        env: {
          CGO_ENABLED: '1',
          PKG_CONFIG_PATH: '',
          PKG_CONFIG_LIBDIR: join(lib, 'pkgconfig'),
          PKG_CONFIG_SYSROOT_DIR: sysroot,
          CGO_CFLAGS: `-I${join(sysroot, 'usr/include')}`,
          CGO_LDFLAGS: `-L${lib}`,
        },
      },
    );
  },
};

/** libseccomp's headers and static library, unpacked rather than installed. */
async function libseccomp(work: string): Promise<string> {
  const root = join(work, 'libseccomp');
  mkdirSync(root);
  await run('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', 'libseccomp-dev'], { cwd: work });
  for (const name of readdirSync(work).filter((file) => file.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', join(work, name), root]);
  }
  if (!existsSync(join(root, 'usr/include/seccomp.h'))) throw new Error('libseccomp-dev has no seccomp.h');
  return root;
}
