import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { debianMirror } from '../machine.ts';
import { gateway, mirror } from '../network.ts';
import type { Piece } from '../pieces/piece.ts';
import { labFolder, places } from '../places.ts';
import { run } from '../run.ts';

/** Debian release of the hosts. */
export const suite = 'bookworm';

/**
 * What a bare server has. Not in it, so that the product must bring it: a container runtime, Kubernetes, and the tools that a
 * node needs (iptables, socat, conntrack, ebtables, ethtool, ipset, curl, …).
 */
const packages = [
  'systemd',
  'systemd-sysv',
  'libpam-systemd',
  'dbus',
  'openssh-server',
  'sudo',
  'iproute2',
  'iputils-ping',
  'netbase',
  'nftables',
  'kmod',
  'procps',
  'ca-certificates',
  'less',
  'tzdata',
];

let base: Piece | undefined;

/** Root file system that all hosts share. Call ensureKeys before. */
export function hostBase(): Piece {
  base ??= {
    id: 'host-base',
    version: suite,
    needs: [],
    // the lab's keys are in it, and so is the kernel's name (for modprobe)
    definition: { packages, gateway, repository: mirror.debian, kernel: release(), keys: keysInBase() },
    inputs: ['hosts/base.sh', 'hosts/files'],
    seconds: 90,
    build: async ({ out, log }) => {
      const mirrorOfMachine = await debianMirror();
      await run(join(labFolder, 'hosts', 'base.sh'), [], {
        log,
        env: {
          BASE: out,
          KEYS: places.keys,
          CACHE: places.debs,
          SUITE: suite,
          DEBIAN_MIRROR: mirrorOfMachine,
          PACKAGES: packages.join(','),
          GATEWAY: gateway,
          DEBIAN_REPOSITORY: mirror.debian,
        },
      });
    },
  };
  return base;
}

function keysInBase(): string[] {
  return ['id_lab.pub', 'apt.asc'].map((name) => readFileSync(join(places.keys, name), 'utf8'));
}
