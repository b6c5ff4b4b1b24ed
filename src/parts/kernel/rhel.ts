import { sh, shJoin, shRaw } from '../../formats/sh.ts';
import { command } from '../../graph/effects/command.ts';
import { fetchFiles, KERNEL_FILES } from './fetch.ts';
import type { KernelPackages } from './kernel-packages.ts';

/** Defines `dnf` where there is only yum, and `kha_package`: the name of the package that a kernel is installed by. */
const TOOLS = shRaw(`command -v dnf >/dev/null 2>&1 || dnf() { yum "$@"; }
kha_package() {
  p=$(rpm -qf --qf '%{NAME}\\n' "/lib/modules/$(uname -r)/vmlinuz" "/boot/vmlinuz-$(uname -r)" 2>/dev/null | grep '^kernel' | head -n 1)
  p=\${p%-modules}; p=\${p%-core}
  echo "\${p:-kernel}"
}`);

const DEFAULT = sh`grubby --default-kernel 2>/dev/null | sed 's#.*/vmlinuz-##'`;

/** RHEL, CentOS, Rocky, AlmaLinux, Oracle, Anolis, openEuler and their relatives: dnf or yum, and grubby, on BIOS and EFI alike. */
export const rhelKernels: KernelPackages = {
  id: 'rhel',
  matches: ({ os, packageManager }) =>
    (packageManager === 'dnf' || packageManager === 'yum') &&
    [os.id, ...os.idLike].some((id) =>
      ['rhel', 'centos', 'fedora', 'rocky', 'almalinux', 'ol', 'anolis', 'openEuler', 'openeuler', 'kylin'].includes(
        id,
      ),
    ),
  ending: '.rpm',
  architectures: { amd64: ['x86_64', 'noarch'], arm64: ['aarch64', 'noarch'] },
  releaseOf: (name) => /^kernel(?:-(?:lt|ml|uek))?(?:-core)?-(\d[^/]*)\.rpm$/.exec(name)?.[1],
  facts: ({ version, package: name, files }) =>
    shJoin([
      TOOLS,
      sh`if command -v grubby >/dev/null 2>&1; then put boot.loader grubby; put boot.default "$(${DEFAULT})"; fi`,
      ...(files.length > 0
        ? []
        : [
            name === undefined ? shRaw('p=$(kha_package)') : sh`p=${name}`,
            shRaw(`problem=
# The package itself or its image: which of them a distribution has under this name differs.
all=$(dnf -q list --showduplicates "$p" "$p-core" 2>/dev/null | awk -v p="$p" -v m="$(uname -m)" '$1 == p "." m || $1 == p "-core." m { sub(/^[0-9]+:/, "", $2); print $2 "." m }' | sort -Vu)
[ -n "$all" ] || problem="no repository has a package $p"`),
            version === 'newest'
              ? shRaw(`c=$(echo "$all" | tail -n 1)
[ -z "$c" ] || c=$(printf '%s\\n%s\\n' "$c" "$(uname -r)" | sort -V | tail -n 1)`)
              : shJoin([
                  sh`v=${version}`,
                  shRaw(`c=$(echo "$all" | grep -Fx -e "$v" -e "$v.$(uname -m)" | tail -n 1)
[ -n "$c" ] || problem="\${problem:-no repository has a package $p-$v; there are: $(echo $all)}"`),
                ]),
            sh`put boot.candidate "$c"; [ -n "$c" ] || put boot.problem "$problem"`,
          ]),
    ]),
  installed: (release, files, cluster) => {
    const list = files.map(({ url }) => url.slice(url.lastIndexOf('/') + 1));
    const there = sh`[ -s ${`/boot/vmlinuz-${release}`} ] && [ -s ${`/boot/initramfs-${release}.img`} ] && [ -s ${`/lib/modules/${release}/modules.dep`} ]`;
    return command(`kernel ${release}${files.length > 0 ? ' from package files' : ''}`, {
      look: shJoin([
        shRaw('w='),
        sh`for p in ${list.map((file) => file.replace(/\.rpm$/, ''))}; do rpm -q "$p" >/dev/null 2>&1 || w="$w $p"; done`,
        sh`${there} || w="$w files"`,
        shRaw('if [ -z "$w" ]; then echo installed; else echo "missing$w"; fi'),
      ]),
      want: 'installed',
      act: shJoin([
        TOOLS,
        ...(files.length > 0
          ? [
              fetchFiles(files, sh`curl -fsSL --retry 3 -o "$2" "$1"`, cluster),
              // What is installed already is no error to dnf, but one to yum.
              sh`dnf -y install ${list.map((name) => `${KERNEL_FILES}/${name}`)} || rpm -q ${list.map((name) => name.replace(/\.rpm$/, ''))}`,
              sh`rm -rf ${KERNEL_FILES}`,
            ]
          : [
              cluster.kernel.package === undefined ? shRaw('p=$(kha_package)') : sh`p=${cluster.kernel.package}`,
              sh`dnf -y install "$p-"${release}`,
            ]),
        // One whose installation was cut off before its RAM disk was made.
        sh`${there} || { depmod ${release}; dracut --force ${`/boot/initramfs-${release}.img`} ${release}; }`,
        sh`sync`,
      ]),
    });
  },
  isDefault: (release) =>
    command(`the boot loader boots ${release} by default`, {
      look: DEFAULT,
      want: release,
      act: shJoin([sh`grubby --set-default ${`/boot/vmlinuz-${release}`}`, sh`sync`]),
    }),
};
