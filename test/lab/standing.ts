import { onHost } from './kha.ts';

const SCRIPT = String.raw`{
find /etc /usr/local /var/lib/cni /var/lib/containerd /var/lib/etcd /var/lib/kubelet /opt -xdev -type f -not -path '/etc/ssl/certs/*' -not -path /etc/ld.so.cache -not -name '*.dpkg-old' -printf '%p %m %u\n' 2>/dev/null
sha256sum /etc/hosts /etc/fstab 2>/dev/null
dpkg-query -W -f='package ${'$'}{binary:Package} ${'$'}{db:Status-Abbrev}\n'
iptables-save 2>/dev/null | grep -E '^(:[A-Z]+-|-)' | sed 's/^/rule /'
ls /sys/class/net | sed 's/^/interface /'
awk '/kube|containerd/ {print "mount " $2}' /proc/mounts
} | sort`;

/** What stands on a host of the lab, a line each, beside what changes by itself: files, packages, rules, interfaces, mounts. */
export const standingOf = async (host: string): Promise<string[]> => (await onHost(host, SCRIPT)).split('\n');
