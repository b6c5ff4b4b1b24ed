import { type Command, sh, shJoin, shRaw } from '../../../src/formats/sh.ts';

/** What a host has, a line of facts by what it is of: `file /etc/hosts`, `unit containerd.service`, `package kubelet`, … */
export type HostState = Map<string, string>;

/** Where kha, and what it installs, may write. What containers keep (etcd's data, pods) is looked at in words of its own. */
const ROOTS = ['/etc', '/usr', '/opt', '/root', '/var/lib/kha', '/var/lib/kubelet/pki', '/run/kha', '/tmp', '/var/tmp'];
const SINGLE = ['/var/lib/kubelet/config.yaml', '/var/lib/kubelet/kubeadm-flags.env'];

/** Written by others at moments of their own: jobs (that none stays is asserted), the network's pods, kubectl's cache, kubelet's own certificate. */
const LIVE = [
  '/var/lib/kha/jobs',
  '/etc/cni/net.d',
  '/opt/cni/bin',
  '/etc/resolv.conf',
  '/root/.kube',
  '/var/lib/kubelet/pki/kubelet.crt',
  '/var/lib/kubelet/pki/kubelet.key',
  '/tmp',
  '/var/tmp',
];

/** What effects name, so that a look at the host doesn't miss it. */
export interface StateScope {
  paths: readonly string[];
  units: readonly string[];
  sysctls: readonly string[];
}

/** Everything but files that effects name: packages, units, images, kernel settings. */
const named = ({ units, sysctls }: StateScope): Command =>
  shJoin([
    shRaw(`dpkg-query -W -f='package \${Package}\\t\${Version} \${Status}\\n'
if command -v ctr >/dev/null; then ctr -n k8s.io images ls -q 2>/dev/null | grep -v '^sha256:' | sed 's/.*/image &\\tthere/'; fi`),
    sh`for u in ${units}; do printf 'unit %s\\t%s\\n' "$u" "$(systemctl show -p UnitFileState -p ActiveState -p MainPID -p ActiveEnterTimestampMonotonic "$u" | sort | tr '\\n' ' ')"; done`,
    sh`sysctl -e ${sysctls} 2>/dev/null | sed -E ${String.raw`s/^([^ ]+) = /sysctl \1\t/`}`,
  ]);

/**
 * The state with times and processes: equal only where nobody has touched anything. Directories are left out but those that
 * effects name, with mode and owner: what is put into them stands for itself.
 */
export function touchedScript(scope: StateScope): Command {
  const format = String.raw`file %p\t%y %#m %U:%G %s %i %T@ %C@ %l\n`;
  const directories = String.raw`file %p\t%y %#m %U:%G\n`;
  const skip = shRaw(LIVE.map((p) => sh`-path ${p} -prune -o`.text).join(' '));
  return shJoin([
    sh`find ${ROOTS} -xdev ${skip} -cnewer /run/kha-begin ! -type d -printf ${format} 2>/dev/null`,
    sh`find ${[...SINGLE, ...scope.paths]} -maxdepth 0 '(' -type d -printf ${directories} -o ! -type d -printf ${format} ')' 2>/dev/null`,
    named(scope),
  ]);
}

/** The state by content, with all units and what runs in containers: what two hosts have alike that were brought up alike. */
export const contentScript = (scope: StateScope): Command =>
  shJoin([
    sh`find ${ROOTS} -xdev -path /var/lib/kha/jobs -prune -o -cnewer /run/kha-begin ! -type f -printf ${String.raw`file %p\t%y %#m %U:%G %l\n`} 2>/dev/null`,
    sh`find ${[...ROOTS, ...SINGLE]} -xdev -path /var/lib/kha/jobs -prune -o -cnewer /run/kha-begin -type f -printf ${String.raw`%#m %U:%G\t%p\n`} 2>/dev/null | sort -u | while IFS=${'\t'} read -r m p; do printf 'file %s\\tf %s %s\\n' "$p" "$m" "$(sha256sum <"$p" | cut -d' ' -f1)"; done`,
    named(scope),
    shRaw(`systemctl list-unit-files --no-legend --plain --full | awk '$1 !~ /^(kha-job|session-|user)/ && $2 != "transient" {print "unit-file " $1 "\\t" $2}'
systemctl list-units --all --no-legend --plain --full --type=service | awk '$1 !~ /^(kha-job|run-|session-|user)/ {print "service " $1 "\\t" $3}'
crictl ps --state running -o json 2>/dev/null | tr -d '\\n' | grep -oE '"io.kubernetes.container.name": *"[^"]*"' | sort | uniq -c | awk '{print "containers " $3 "\\t" $1}'`),
  ]);

export function parseState(text: string): HostState {
  const rows = text.split('\n').filter((line) => line.includes('\t'));
  return new Map(rows.map((line) => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1).trim()]));
}

/** What is not the same in both, a sentence each. */
export function differences(
  one: HostState,
  other: HostState,
  [first, second]: [string, string],
  ignored: (key: string) => boolean = () => false,
): string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((key) => one.get(key) !== other.get(key) && !ignored(key))
    .sort()
    .map((key) => `${key}: ${first} ${one.get(key) ?? 'nothing'}, ${second} ${other.get(key) ?? 'nothing'}`);
}
