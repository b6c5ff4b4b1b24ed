import { join } from 'node:path';
import { unpackPackage } from '../debian/download.ts';
import type { Piece } from '../pieces/piece.ts';
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
    // headers and static library, unpacked rather than installed
    const sysroot = join(work, 'sysroot');
    await unpackPackage('libseccomp-dev', sysroot, work);
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
