import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import type { EffectKind } from './effect.ts';

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
      shRaw('export DEBIAN_FRONTEND=noninteractive'),
      // An installation that was cut off leaves packages half set up. Those whose dependencies had not come yet can't be set
      // up before apt has brought them.
      shRaw("kha_mend=; dpkg --configure -a || kha_mend='--fix-broken --no-remove'"),
      shRaw('apt-get -q -o DPkg::Lock::Timeout=300 update'),
      sh`apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold --no-install-recommends --allow-change-held-packages --allow-downgrades $kha_mend install ${e.packages.map(spec)}`,
      e.hold ? sh`apt-mark hold ${e.packages.map((p) => p.name)}` : shRaw(':'),
    ]),
};
