import { dirname } from 'node:path/posix';
import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';
import { INSTALLED_LIST } from './packages-gone.ts';

/** Packages of the operating system, at a version where one is given, held where asked. */
export interface PackageEffect {
  kind: 'package';
  manager: 'apt';
  packages: { name: string; version?: string }[];
  /** Keep upgrades of the system from touching them. */
  hold: boolean;
}

export const packages = (
  list: (string | { name: string; version?: string })[],
  options: { hold?: boolean } = {},
): PackageEffect => ({
  kind: 'package',
  manager: 'apt',
  packages: list.map((p) => (typeof p === 'string' ? { name: p } : p)),
  hold: options.hold ?? false,
});

const spec = (p: { name: string; version?: string }): string => (p.version ? `${p.name}=${p.version}` : p.name);

export const packageKind: EffectKind<PackageEffect> = {
  kind: 'package',
  title: (e) =>
    `${e.packages.length === 1 ? 'package' : 'packages'} ${e.packages.map(spec).join(' ')}${e.hold ? ', held' : ''}`,
  want: () => 'installed',
  hint: (e) =>
    `Correct names and versions in the cluster file, or the repositories; what a host can have: apt-cache policy ${e.packages.map((p) => p.name).join(' ')}`,
  look: (e) =>
    shJoin([
      sh`kha_wrong=`,
      sh`kha_held=" $(apt-mark showhold 2>/dev/null | tr '\n' ' ') "`,
      sh`for p in ${e.packages.map(spec)}; do`,
      shRaw(`  n=\${p%%=*}; v=$(dpkg-query -W -f='\${db:Status-Status} \${Version}' "$n" 2>/dev/null) || v=
  case $v in "installed "*) v=\${v#installed };; *) v=;; esac
  case $p in
    *=*) [ "$v" = "\${p#*=}" ] || kha_wrong="$kha_wrong $n:\${v:-none}";;
    *) [ -n "$v" ] || kha_wrong="$kha_wrong $n:none";;
  esac`),
      e.hold ? shRaw(`  case $kha_held in *" $n "*) ;; *) kha_wrong="$kha_wrong $n:not-held";; esac`) : shRaw('  :'),
      sh`done`,
      shRaw(`if [ -z "$kha_wrong" ]; then echo installed; else echo "missing$kha_wrong"; fi`),
    ]),
  act: (e) =>
    shJoin([
      shRaw(mendedApt),
      // Written down before: who was killed in between has brought it all the same.
      sh`mkdir -p ${dirname(INSTALLED_LIST)}`,
      sh`kha_brought=$(kha_apt $kha_mend -s install ${e.packages.map(spec)} | sed -n 's/^Inst \\([^ ]*\\) (.*/\\1/p')`,
      sh`for n in $kha_brought; do grep -qxF "$n" ${INSTALLED_LIST} 2>/dev/null || echo "$n" >>${INSTALLED_LIST}; done`,
      sh`kha_apt $kha_mend install ${e.packages.map(spec)}`,
      e.hold ? sh`apt-mark hold ${e.packages.map((p) => p.name)}` : shRaw(':'),
    ]),
};

/**
 * Defines `kha_apt`, reads the lists, and mends what an installation that was cut off has left. A package whose dependencies
 * had not come can't be set up before apt has brought them. One that was half unpacked must be unpacked again: apt takes it
 * for one that only has to be set up, which dpkg refuses. Its version may be one that no repository has any more; and where a
 * dependency of it is missing too, apt wants to mend all by itself first.
 */
export const mendedApt = `export DEBIAN_FRONTEND=noninteractive
kha_apt() {
  apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold --no-install-recommends --allow-change-held-packages --allow-downgrades "$@"
}
kha_mend=
dpkg --configure -a || kha_mend='--fix-broken --no-remove'
kha_apt update
kha_half=$(dpkg-query -W -f='\${db:Status-Eflag} \${binary:Package}=\${Version}\\n' | sed -n 's/=$//; s/^reinstreq //p')
if [ -n "$kha_half" ]; then
  kha_apt --fix-broken --no-remove --reinstall install $kha_half ||
    kha_apt --fix-broken --no-remove --reinstall install $(echo "$kha_half" | sed 's/=.*//') ||
    kha_apt --fix-broken --no-remove install
fi`;
