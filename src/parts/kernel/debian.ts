import { type Command, sh, shJoin, shRaw } from '../../formats/sh.ts';
import { command } from '../../graph/effects/command.ts';
import { mendedApt } from '../../graph/effects/package.ts';
import { fetchFiles, KERNEL_FILES } from './fetch.ts';
import { grubFunctions, hasGrub, setGrubDefault } from './grub.ts';
import type { KernelPackages } from './kernel-packages.ts';

/** Of what is installed for the running kernel this comes for the new one, too: modules that the image lacks, and what builds others. */
const COMPANIONS = ['linux-modules-extra', 'linux-headers'];

/** apt with lists of its own, so that the host's are not touched by a look. */
const OWN_LISTS = shRaw(`t=$(mktemp -d) && chmod 755 "$t" && mkdir -p "$t/lists/partial" "$t/cache/archives/partial"
own="-o Dir::State::Lists=$t/lists -o Dir::Cache=$t/cache -o Debug::NoLocking=1"
problem=$(apt-get -q $own update 2>&1 >/dev/null | grep -E '^(E|W|Err)' | head -n 1)
flavour=$(uname -r | sed -nE 's/^[0-9][0-9.]*([+][a-z0-9.]+)?(-[0-9][0-9a-z.~]*)?-([a-z].*)$/\\3/p')
# A name with a dot that is none counts as a pattern: apt-cache shows what merely contains it.
shown() { apt-cache $own show --no-all-versions "$1" 2>/dev/null | awk -v name="$1" '/^Package: / { is = ($2 == name) } is'; }
has() { [ -n "$(shown "$1" | head -n 1)" ] || [ -n "$(dpkg-query -W -f='\${db:Status-Status}' "$1" 2>/dev/null | grep -x installed)" ]; }
of_meta() { shown "$1" | sed -n 's/^Depends: //p' | grep -oE 'linux-image-[0-9][^ ,(|]*' | head -n 1 | sed 's/^linux-image-//'; }
newest_of() { for m; do of_meta "$m"; done | sort -V | tail -n 1; }`);

/** A release, whole or without its flavour; of what a host runs another version where there is one. */
const named = (version: string): Command =>
  shJoin([
    sh`v=${version}`,
    shRaw(`c=
for r in "$v" "$v-$flavour"; do [ -n "$c" ] || ! has "linux-image-$r" || c=$r; done
[ -n "$c" ] || problem="\${problem:+$problem; }there is no package linux-image-$v, nor linux-image-$v-$flavour"`),
  ]);

/** What the package depends on that follows the newest one; else the newest of the running series. Never one that is older than the running one. */
const newest = (meta: string | undefined): Command =>
  shJoin([
    meta === undefined
      ? shRaw(`metas=$(dpkg-query -W -f='\${db:Status-Status} \${Package}\\n' 'linux-image-*' 2>/dev/null | sed -n 's/^installed \\(linux-image-[a-z].*\\)/\\1/p' | grep -v -e '-dbg$' -e unsigned)
c=$(newest_of $metas)
[ -n "$c" ] || c=$(newest_of "linux-image-$flavour")`)
      : sh`c=$(newest_of ${meta})`,
    shRaw(`s=$(uname -r | sed 's/-.*//')
[ -n "$c" ] || c=$(apt-cache $own pkgnames linux-image- 2>/dev/null | grep -E "^linux-image-[0-9].*-$flavour\\$" | sed 's/^linux-image-//' | grep -F "$s-" | sort -V | tail -n 1)
if [ -n "$c" ]; then c=$(printf '%s\\n%s\\n' "$c" "$(uname -r)" | sort -V | tail -n 1)
else problem="\${problem:+$problem; }no repository has a kernel package of the flavour \${flavour:-of $(uname -r)}"; fi`),
  ]);

/** Debian, Ubuntu and their relatives: apt, and GRUB on BIOS and EFI. */
export const debianKernels: KernelPackages = {
  id: 'debian',
  matches: ({ os, packageManager }) =>
    packageManager === 'apt' && [os.id, ...os.idLike].some((id) => id === 'debian' || id === 'ubuntu'),
  ending: '.deb',
  architectures: { amd64: ['amd64', 'all'], arm64: ['arm64', 'all'] },
  releaseOf: (name) => /^linux-image-(?:unsigned-)?(\d[^_]*)_[^_]+_[^_]+\.deb$/.exec(name)?.[1],
  facts: ({ version, package: meta, files }) =>
    shJoin([
      grubFunctions,
      sh`if ${hasGrub}; then put boot.loader grub; put boot.default "$(kha_default_kernel)"; fi`,
      ...(files.length > 0
        ? []
        : [
            OWN_LISTS,
            version === 'newest' ? newest(meta) : named(version),
            sh`rm -rf "$t"`,
            sh`put boot.candidate "$c"; [ -n "$c" ] || put boot.problem "$problem"`,
          ]),
    ]),
  installed: (release, files, cluster) => {
    const image = `linux-image-${release}`;
    const list = files.map(({ url }) => url.slice(url.lastIndexOf('/') + 1));
    const names = list.map((file) => decodeURIComponent(file).split('_').slice(0, 2).join('='));
    const there = sh`[ -s ${`/boot/vmlinuz-${release}`} ] && [ -s ${`/boot/initrd.img-${release}`} ] && [ -s ${`/lib/modules/${release}/modules.dep`} ]`;
    return command(`kernel ${release}${files.length > 0 ? ' from package files' : ''}`, {
      look: shJoin([
        shRaw('w='),
        sh`for p in ${names.length > 0 ? names : [image]}; do`,
        shRaw(`  v=$(dpkg-query -W -f='\${db:Status-Status} \${Version}' "\${p%%=*}" 2>/dev/null) || v=
  case $v in "installed "*) ;; *) w="$w \${p%%=*}";; esac
  # File names leave the epoch out.
  case $p in *=*) case $v in *" \${p#*=}"|*":\${p#*=}") ;; *) w="$w $p";; esac;; esac
done`),
        sh`${there} || w="$w files"`,
        shRaw('if [ -z "$w" ]; then echo installed; else echo "missing$w"; fi'),
      ]),
      want: 'installed',
      act: shJoin([
        shRaw(mendedApt),
        ...(files.length > 0
          ? [
              fetchFiles(files, sh`/usr/lib/apt/apt-helper download-file "$1" "$2"`, cluster),
              sh`kha_apt $kha_mend install ${list.map((name) => `${KERNEL_FILES}/${name}`)}`,
              sh`rm -rf ${KERNEL_FILES}`,
            ]
          : [
              shRaw('more='),
              sh`for p in ${COMPANIONS}; do`,
              sh`  if dpkg-query -W "$p-$(uname -r)" >/dev/null 2>&1 && apt-cache show "$p-"${release} 2>/dev/null | grep -qxF "Package: $p-"${release}; then more="$more $p-"${release}; fi`,
              sh`done`,
              sh`kha_apt $kha_mend install ${image} $more`,
              sh`apt-mark manual ${image} >/dev/null`,
            ]),
        // One whose installation was cut off between the package and its RAM disk.
        sh`${there} || { depmod ${release}; update-initramfs -c -k ${release}; }`,
        sh`sync`,
      ]),
    });
  },
  isDefault: (release) =>
    command(`GRUB boots ${release} by default`, {
      look: shJoin([grubFunctions, sh`kha_default_kernel`]),
      want: release,
      act: setGrubDefault(release),
    }),
};
