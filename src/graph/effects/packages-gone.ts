import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

/** Names of the packages that kha's installations brought, a line each, with their dependencies; those that were there before are not among them. */
export const INSTALLED_LIST = '/var/lib/kha/installed-packages';

/** The packages that kha's installations brought are not there any more, their configuration included. Those that others need by now stay. */
export interface PackagesGoneEffect {
  kind: 'packages-gone';
}

export const packagesGone = (): PackagesGoneEffect => ({ kind: 'packages-gone' });

export const packagesGoneKind: EffectKind<PackagesGoneEffect> = {
  kind: 'packages-gone',
  title: () => 'without the packages that kha brought',
  want: () => 'gone',
  look: () => sh`if [ -s ${INSTALLED_LIST} ]; then echo "there: $(wc -l <${INSTALLED_LIST})"; else echo gone; fi`,
  // apt itself knows what is needed by whom: what kha brought counts as brought along, and of what nobody needs kha's own go.
  act: () =>
    shJoin([
      shRaw(`export DEBIAN_FRONTEND=noninteractive
kha_apt() {
  apt-get -q -y -o DPkg::Lock::Timeout=300 -o APT::AutoRemove::RecommendsImportant=false -o APT::AutoRemove::SuggestsImportant=false --allow-change-held-packages "$@"
}
dpkg --configure -a || :`),
      sh`kha_list=${INSTALLED_LIST}`,
      shRaw(`kha_own=
for n in $(cat "$kha_list"); do
  if [ -n "$(dpkg-query -W -f='\${db:Status-Abbrev}' "$n" 2>/dev/null | sed 's/^un.*//')" ]; then kha_own="$kha_own $n"; fi
done
if [ -n "$kha_own" ]; then
  apt-mark unhold $kha_own >/dev/null
  apt-mark auto $kha_own >/dev/null
  kha_unneeded=" $(kha_apt -s autoremove | sed -n 's/^Remv \\([^ ]*\\).*/\\1/p' | tr '\\n' ' ')"
  kha_gone=
  for n in $kha_own; do
    case $kha_unneeded in
      *" $n "*) kha_gone="$kha_gone $n";;
      # Removed already, with its configuration left: a purge that was cut off.
      *) if dpkg-query -W -f='\${db:Status-Abbrev}' "$n" | grep -q '^.i'; then echo "$n stays: other packages need it"; else kha_gone="$kha_gone $n"; fi;;
    esac
  done
  [ -z "$kha_gone" ] || kha_apt purge $kha_gone
fi
rm -f "$kha_list"`),
    ]),
};
