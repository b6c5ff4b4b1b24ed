import { shJoin, sh, shRaw, type Command } from '../../formats/sh.ts';

const CONFIGURATION = '/boot/grub/grub.cfg';

/**
 * Walks the menu that grub-mkconfig wrote, submenus included. An entry is named by number, id or title, and those of its submenus before it
 * (`1>2`, `gnulinux-advanced-…>gnulinux-…`); GRUB boots the first one where a name leads nowhere.
 * `want`: the name of an entry, prints the release that it boots; `release`: prints the full id of the entry that boots it.
 */
const WALK = String.raw`
function word(s, from,   q, rest, end) {
  rest = substr(s, from); sub(/^[ \t]+/, "", rest); q = substr(rest, 1, 1)
  if (q != "\047" && q != "\"") { match(rest, /^[^ \t{]+/); return substr(rest, 1, RLENGTH) }
  rest = substr(rest, 2); end = index(rest, q)
  return substr(rest, 1, end - 1)
}
function idIn(s,   at) {
  if (at = index(s, "$menuentry_id_option")) return word(s, at + 20)
  if (at = index(s, "--id")) return word(s, at + 4)
  return ""
}
BEGIN { depth = 0; count[0] = 0; parts = split(want, part, ">") }
/^[ \t]*(menuentry|submenu)[ \t]/ {
  isMenu = ($1 == "submenu")
  line = $0; sub(/^[ \t]*(menuentry|submenu)[ \t]+/, "", line)
  number[depth + 1] = count[depth]++; title[depth + 1] = word(line, 1); id[depth + 1] = idIn(line)
  depth++; kind[depth] = isMenu ? "menu" : "entry"; count[depth] = 0
  next
}
/^[ \t]*function[ \t].*\{[ \t]*$/ { depth++; kind[depth] = "other"; next }
/^[ \t]*\}[ \t]*$/ { if (depth > 0) depth--; next }
depth > 0 && kind[depth] == "entry" && /^[ \t]*linux(efi)?[ \t]/ {
  kernel = $2; sub(/.*vmlinuz-/, "", kernel)
  if (first == "") first = kernel
  if (release != "" && kernel == release && !(title[depth] ~ /recovery/) && !(id[depth] ~ /recovery/)) {
    name = ""
    for (i = 1; i <= depth; i++) name = name (i > 1 ? ">" : "") (id[i] != "" ? id[i] : title[i])
    if (found == "" || index(id[depth], release)) found = name
  }
  if (parts == depth) {
    same = 1
    for (i = 1; i <= depth; i++) if (part[i] != number[i] "" && part[i] != id[i] && part[i] != title[i]) same = 0
    if (same) booted = kernel
  }
}
END { if (release != "") print found; else print (booted != "" ? booted : first) }`;

/** Defines `kha_default_kernel` and `kha_entry_of RELEASE`. */
export const grubFunctions: Command = shJoin([
  sh`kha_grub() { awk -v want="$1" -v release="$2" ${WALK} ${CONFIGURATION}; }`,
  shRaw(`kha_saved() { sed -n "s/^$1=//p" /boot/grub/grubenv 2>/dev/null | tail -n 1; }
kha_default_name() {
  n=$(kha_saved next_entry)
  [ -z "$n" ] || { echo "$n"; return; }
  d=$(sed -n 's/^[[:space:]]*set default="\\(.*\\)"[[:space:]]*$/\\1/p' ${CONFIGURATION} | grep -vF 'next_entry' | tail -n 1)
  case $d in '\${saved_entry}') d=$(kha_saved saved_entry);; esac
  echo "\${d:-0}"
}
kha_default_kernel() { kha_grub "$(kha_default_name)" ''; }
kha_entry_of() { kha_grub '' "$1"; }`),
]);

/** Is GRUB there, with the programs that set its default? */
export const hasGrub: Command = sh`[ -f ${CONFIGURATION} ] && command -v update-grub >/dev/null && command -v grub-set-default >/dev/null`;

/** What it takes to make GRUB boot a release by default. */
export const setGrubDefault = (release: string): Command =>
  shJoin([
    grubFunctions,
    sh`mkdir -p /etc/default/grub.d`,
    // The last one that is read wins over what the distribution and its cloud images say.
    sh`printf '%s\n' '# Written by kha: the default entry is a saved one, see grub-set-default.' GRUB_DEFAULT=saved >/etc/default/grub.d/zz-kha.cfg`,
    sh`update-grub`,
    sh`e=$(kha_entry_of ${release})`,
    sh`[ -n "$e" ] || { echo ${`GRUB's menu has no entry for ${release}`} >&2; exit 1; }`,
    sh`grub-set-default "$e"`,
    sh`sync`,
  ]);
