import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { downloadPackages } from '../debian/download.ts';
import { hostBase, suite } from '../hosts/base.ts';
import { once } from '../pieces/once.ts';
import type { Piece } from '../pieces/piece.ts';
import { places } from '../places.ts';
import { indexRepository } from './apt-repository.ts';
import { writeDeb } from './deb.ts';
import { commonPackages, kubernetesPackages, piecesOfPackages } from './packages.ts';

/** The repository with Kubernetes and containerd, for versions joined by commas. */
export const kubernetesRepository = once((versions: string): Piece => {
  const list = versions.split(',');
  return {
    id: 'apt-kubernetes',
    version: '',
    needs: [...piecesOfPackages(list), hostBase()], // the base knows the key that signs
    definition: list,
    inputs: [
      'mirror/deb.ts',
      'mirror/packages.ts',
      'mirror/units.ts',
      'mirror/apt-repository.ts',
      'mirror/repositories.ts',
    ],
    seconds: 8,
    build: async ({ out, work, directoryOf }) => {
      const pool = join(out, 'pool');
      mkdirSync(pool, { mode: 0o755 });
      const debs = [
        ...list.flatMap((version) => kubernetesPackages(version, directoryOf)),
        ...commonPackages(directoryOf),
      ];
      for (const deb of debs) {
        const tree = join(work, deb.name);
        mkdirSync(tree, { mode: 0o755 });
        await writeDeb(deb, pool, tree);
        rmSync(tree, { recursive: true });
      }
      await indexRepository(out, 'stable');
      copyFileSync(join(places.keys, 'apt.asc'), join(out, 'key.asc'));
    },
  };
});

/** Debian packages that people install on nodes; a bare server lacks them. */
const nodePackages = [
  'iptables',
  'ipset',
  'ipvsadm',
  'socat',
  'conntrack',
  'ebtables',
  'ethtool',
  'jq',
  'nfs-common',
  'chrony',
  'curl',
  'wget',
  'gnupg',
  'bash-completion',
  'libseccomp2',
  'git',
  'htop',
  'iotop',
  'sysstat',
  'net-tools',
  'netcat-openbsd',
  'apt-transport-https',
  'tar',
  'ca-certificates',
  'openssl',
  'rsync',
  'python3',
  'haproxy',
  'keepalived',
];

let debian: Piece | undefined;

/** The repository with the Debian packages that a node needs, and what they depend on beyond the base. */
export function debianRepository(): Piece {
  debian ??= {
    id: 'apt-debian',
    version: suite,
    needs: [hostBase()],
    definition: nodePackages,
    inputs: ['mirror/apt-repository.ts', 'debian/download.ts'],
    seconds: 40,
    build: async ({ out, work, directoryOf }) => {
      const pool = join(out, 'pool');
      mkdirSync(pool, { mode: 0o755 });
      const installed = join(directoryOf(hostBase()), 'var/lib/dpkg/status');
      const missing = await downloadPackages({ packages: nodePackages, state: work, installed });
      for (const deb of missing) linkSync(deb, join(pool, basename(deb)));
      await indexRepository(out, suite);
      copyFileSync(join(places.keys, 'apt.asc'), join(out, 'key.asc'));
    },
  };
  return debian;
}
