import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Piece } from '../pieces/piece.ts';
import { downloadPackages } from '../debian/download.ts';
import { run } from '../run.ts';

/** Debian packages that programs in images call: shell, iptables in both flavours, network tools. */
const basePackages = [
  'base-files',
  'libc6',
  'libc-bin',
  'dash',
  'bash',
  'coreutils',
  'grep',
  'sed',
  'mawk',
  'findutils',
  'hostname',
  'mount',
  'util-linux',
  'procps',
  'iptables',
  'nftables',
  'ipset',
  'conntrack',
  'kmod',
  'iproute2',
  'iputils-ping',
  'netbase',
  'ca-certificates',
  'curl',
  'tar',
  'gzip',
];

/** What a container never reads. */
const unwanted = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/bash-completion',
  'usr/share/zsh',
  'usr/share/perl5',
  'usr/share/perl',
  'usr/share/bug',
  'usr/share/fonts',
  'usr/share/icons',
  'usr/share/pixmaps',
  'usr/share/menu',
  'usr/share/doc-base',
  'usr/share/common-licenses',
  'usr/share/zoneinfo',
  'usr/share/i18n',
  'usr/share/gcc',
  'usr/share/gdb',
  'usr/lib/locale',
  'usr/lib/systemd',
  'lib/systemd',
  'usr/lib/udev',
  'lib/udev',
  'usr/lib/x86_64-linux-gnu/perl-base',
  'usr/lib/x86_64-linux-gnu/perl',
  'usr/lib/x86_64-linux-gnu/gconv',
  'etc/init.d',
  'etc/cron.daily',
  'etc/logrotate.d',
  'etc/perl',
  'etc/rsyslog.d',
  'etc/ufw',
  'var/cache',
  'var/lib/dpkg',
  'etc/apt',
];

/** Files of Debian packages and of what they need, without what `below` has; no package's scripts run. */
function debianFiles(id: string, packages: readonly string[], below: Piece | undefined, seconds: number): Piece {
  return {
    id,
    version: 'bookworm',
    needs: below === undefined ? [] : [below],
    definition: { packages, basePackages, unwanted },
    inputs: ['artifacts/debian-files.ts'],
    seconds,
    build: async ({ out, work }) => {
      const wanted = below === undefined ? packages : [...packages, ...basePackages];
      const all = await downloadPackages({ packages: wanted, state: work });
      const known = below === undefined ? [] : await downloadPackages({ packages: basePackages, state: work });
      for (const deb of all.filter((file) => !known.includes(file))) await run('dpkg-deb', ['-x', deb, out]);
      for (const path of unwanted) rmSync(join(out, path), { recursive: true, force: true });
      for (const name of existsSync(join(out, 'usr/bin')) ? readdirSync(join(out, 'usr/bin')) : []) {
        if (/^(perl|cpan)/.test(name)) rmSync(join(out, 'usr/bin', name));
      }
    },
  };
}

export const debianBase = debianFiles('debian-base', basePackages, undefined, 15);
export const debianNginx = debianFiles('debian-nginx', ['nginx', 'libnginx-mod-stream'], debianBase, 8);
export const debianHaproxy = debianFiles('debian-haproxy', ['haproxy'], debianBase, 8);
export const debianKeepalived = debianFiles('debian-keepalived', ['keepalived'], debianBase, 8);
export const debianBusybox = debianFiles('debian-busybox', ['busybox-static'], debianBase, 5);
