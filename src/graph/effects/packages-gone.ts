import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** Names of the packages that kha installed on a host, a line each; those that were there before are not its own. */
export const INSTALLED_LIST = '/var/lib/kha/installed-packages';

/** Of these packages those that kha installed are not there any more, their configuration included. */
export interface PackagesGoneEffect {
  kind: 'packages-gone';
  names: string[];
}

export const packagesGone = (names: string[]): PackagesGoneEffect => ({ kind: 'packages-gone', names });

/** Leaves those in `kha_own` that kha installed and that are still known to dpkg. */
const own = (e: PackagesGoneEffect) =>
  shJoin([
    shRaw('kha_own='),
    sh`for n in ${e.names}; do`,
    sh`  if grep -qxF "$n" ${INSTALLED_LIST} 2>/dev/null && dpkg-query -W "$n" >/dev/null 2>&1; then kha_own="$kha_own $n"; fi`,
    sh`done`,
  ]);

export const packagesGoneKind: EffectKind<PackagesGoneEffect> = {
  kind: 'packages-gone',
  title: (e) => `without the packages ${e.names.join(' ')}, where kha installed them`,
  want: () => 'gone',
  look: (e) => shJoin([own(e), shRaw('if [ -z "$kha_own" ]; then echo gone; else echo "there$kha_own"; fi')]),
  act: (e) =>
    shJoin([
      own(e),
      shRaw('export DEBIAN_FRONTEND=noninteractive'),
      shRaw('dpkg --configure -a || :'),
      shRaw('apt-mark unhold $kha_own >/dev/null'),
      shRaw('apt-get -q -y -o DPkg::Lock::Timeout=300 --allow-change-held-packages purge $kha_own'),
    ]),
};
