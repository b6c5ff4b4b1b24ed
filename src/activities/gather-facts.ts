import { momentOf } from '../cluster/clock.ts';
import { type Cluster, type Host, hostNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import type { Facts } from '../cluster/facts.ts';
import { type Command, quote, sh, shJoin, shRaw } from '../formats/sh.ts';
import { ETCD_MANIFEST, etcdSnapshot, LOAD_BALANCER_MANIFEST, REBOOT_STAMP } from '../cluster/paths.ts';
import { ETCD_METRICS_PORT } from '../parts/etcd.ts';
import type { Operation } from '../graph/operation.ts';
import { kernelFacts } from '../parts/kernel/registry.ts';
import type { Ports } from './ports.ts';

// Prints `key<TAB>value` lines; keys may repeat. Plain POSIX tools only, so that it runs on a bare system.
const script = (dataDir: string): Command =>
  shRaw(
    String.raw`put() { printf '%s\t%s\n' "$1" "$2"; }
put hostMs "$(date +%s%3N)"
. /etc/os-release 2>/dev/null
put os.id "\${ID:-}"; put os.idLike "\${ID_LIKE:-}"; put os.versionId "\${VERSION_ID:-}"; put os.prettyName "\${PRETTY_NAME:-}"
put kernel "$(uname -r)"
put arch "$(uname -m)"
put cpus "$(nproc)"
put memoryKiB "$(awk '/^MemTotal/{print $2}' /proc/meminfo)"
put swapTotalKiB "$(awk '/^SwapTotal/{print $2}' /proc/meminfo)"
put bootId "$(cat /proc/sys/kernel/random/boot_id)"
put reboot "$(cat ${REBOOT_STAMP} 2>/dev/null)"
put machineId "$(cat /etc/machine-id 2>/dev/null)"
put hostname "$(hostname)"
[ -d /run/systemd/system ] && put isSystemd true
[ -e /sys/fs/cgroup/cgroup.controllers ] && put cgroup 2 || put cgroup 1
ip -o addr show 2>/dev/null | awk '$3 ~ /^inet/ {sub("/.*","",$4); print "address\t" $4; print "interface\t" $2 " " $4}'
for d in /sys/class/net/*; do
  [ -e "$d/device" ] || [ -e "$d/iflink" ] || continue
  n=\${d##*/}; case $n in lo|cni*|flannel*|veth*|docker*|cali*|kube-*|br-*|tunl*) continue;; esac
  put mac "$(cat "$d/address")"
done
for p in /var/lib /etc; do put disk "$p $(df -Pk "$p" | awk 'NR==2{print int($4/1024)}')"; done
ss -Hltnp 2>/dev/null | awk '{n=split($4,a,":"); p="?"; if (match($0,/\(\("[^"]+"/)) p=substr($0,RSTART+3,RLENGTH-4); print "listen\t" a[n] " " p}'
put selinux "$(getenforce 2>/dev/null | tr 'A-Z' 'a-z')"
for m in apt-get dnf yum; do command -v $m >/dev/null 2>&1 && { put packageManager $m; break; }; done
case $(readlink /etc/resolv.conf 2>/dev/null) in *systemd/resolve/stub-resolv.conf) put resolvedStub true;; esac
command -v kubelet >/dev/null 2>&1 && put kubelet "$(kubelet --version 2>/dev/null | awk '{print $2}')"
command -v kubeadm >/dev/null 2>&1 && put kubeadm "$(kubeadm version -o short 2>/dev/null)"
[ -e /etc/kubernetes/kubelet.conf ] && put joined true
for f in /etc/kubernetes/manifests/*.yaml; do [ -e "$f" ] && put manifest "\${f##*/}"; done
[ ! -e ${LOAD_BALANCER_MANIFEST} ] || put loadBalancer "$(sha256sum <${LOAD_BALANCER_MANIFEST} | cut -d' ' -f1)"
s=$(sed -n 's/^initial-cluster-state: *//p' /etc/kubernetes/kha/etcd.yaml 2>/dev/null | tr -d "\"'"); [ -z "$s" ] || put etcdState "$s"
[ ! -e ${ETCD_MANIFEST} ] || put etcdMember "$(curl -fs --noproxy '*' --max-time 3 http://127.0.0.1:${ETCD_METRICS_PORT}/metrics 2>/dev/null | awk '$1 == "etcd_debugging_mvcc_current_revision" { r = $2 } $1 == "etcd_server_has_leader" { l = $2 } END { print r, l }')"
put etcdSnapshot "$(stat -c %Y ${quote(etcdSnapshot(dataDir))} 2>/dev/null)"
`.replaceAll('\\$', '$'),
  );

/** Tries to reach each address and port for two seconds, all at once; prints those that did not answer. */
const reach = (targets: string[]): Command =>
  targets.length === 0
    ? shRaw(':')
    : shJoin([
        sh`for t in ${targets}; do`,
        shRaw(String.raw`  ( timeout 3 bash -c 'exec 3<>"/dev/tcp/${'$'}{1%:*}/${'$'}{1##*:}"' - "$t" 2>/dev/null || printf 'unreachable\t%s\n' "$t" ) &
done
wait`),
      ]);

/** What a host must reach: the masters, etcd members and load balancers by ssh's port, and the site's mirrors. */
export function targetsOf(cluster: Cluster, host: Host): string[] {
  const { masters, etcd, lb } = cluster.roles;
  const peers = [...new Set([...masters, ...etcd, ...lb])]
    .filter((n) => n !== host.name)
    .map((n) => hostNamed(cluster, n));
  const urls = [
    ...cluster.packages.repositories.map((r) => r.url),
    ...cluster.runtime.registries.flatMap((r) => r.endpoints),
  ];
  const mirrors = cluster.proxy.http || cluster.proxy.https ? [] : urls.map(addressOf).filter((t) => t !== undefined);
  return [...new Set([...peers.map((p) => `${p.address}:${p.connection.port}`), ...mirrors])];
}

function addressOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  return `${hostname.replaceAll(/[[\]]/g, '')}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

/** Reads a host's facts in one round trip. */
export async function gatherFacts(
  ports: Ports,
  cluster: Cluster,
  hostName: string,
  { asks, abort }: { asks?: Operation['asks'] | undefined; abort?: AbortSignal } = {},
): Promise<Facts> {
  const host = hostNamed(cluster, hostName);
  const command = shJoin([
    script(cluster.etcd.dataDir),
    ...(asks === 'kernel' ? [kernelFacts(cluster)] : []),
    reach(targetsOf(cluster, host)),
  ]);
  const result = await ports
    .ssh(cluster.name)
    .exec(host.connection, command, { timeoutMs: asks === undefined ? 60_000 : 180_000, ...(abort ? { abort } : {}) });
  const lines = result.stdout.split('\n').map((l) => l.split('\t') as [string, string?]);
  const all = (key: string): string[] => lines.filter(([k]) => k === key).map(([, v]) => v ?? '');
  const one = (key: string): string => all(key)[0] ?? '';
  if (one('bootId') === '') {
    throw new KhaError(`the facts of ${hostName} could not be read`, {
      code: 'KHA3201',
      blame: 'host',
      where: hostName,
      lastLines: result.stderr.split('\n').slice(-10),
    });
  }
  const hostMs = Number(one('hostMs'));
  const arch = one('arch');
  const optional = (key: string): string | undefined => one(key) || undefined;
  const kubeletVersion = optional('kubelet');
  const kubeadmVersion = optional('kubeadm');
  const loadBalancer = optional('loadBalancer');
  const etcdState = optional('etcdState');
  const [revision, hasLeader] = one('etcdMember').split(' ');
  const etcdSnapshotAt = one('etcdSnapshot');
  const [rebootRun = '', , rebootBefore = ''] = one('reboot').split(' ');
  return {
    host: hostName,
    clock: { hostMs, workerMs: momentOf(hostMs, result) },
    os: {
      id: one('os.id'),
      idLike: one('os.idLike').split(' ').filter(Boolean),
      versionId: one('os.versionId'),
      prettyName: one('os.prettyName'),
    },
    kernel: one('kernel'),
    arch: arch === 'x86_64' ? 'amd64' : arch === 'aarch64' ? 'arm64' : arch,
    cpus: Number(one('cpus')),
    memoryMiB: Math.floor(Number(one('memoryKiB')) / 1024),
    bootId: one('bootId'),
    ...(rebootRun ? { reboot: { run: rebootRun, before: rebootBefore } } : {}),
    ...(asks === 'kernel'
      ? {
          boot: {
            loader: one('boot.loader'),
            default: one('boot.default'),
            freeMiB: Number(one('boot.freeMiB')),
            ...(one('boot.candidate') ? { candidate: one('boot.candidate') } : {}),
            ...(one('boot.problem') ? { problem: one('boot.problem') } : {}),
          },
        }
      : {}),
    machineId: one('machineId'),
    hostname: one('hostname'),
    addresses: all('address'),
    interfaces: all('interface').map((i) => ({ name: i.split(' ')[0] ?? '', address: i.split(' ')[1] ?? '' })),
    macs: all('mac'),
    disks: all('disk').map((d) => ({ path: d.split(' ')[0] ?? '', freeMiB: Number(d.split(' ')[1]) })),
    swapTotalKiB: Number(one('swapTotalKiB')),
    cgroupVersion: one('cgroup') === '2' ? 2 : 1,
    isSystemd: one('isSystemd') === 'true',
    listening: all('listen').map((l) => ({ port: Number(l.split(' ')[0]), program: l.split(' ')[1] ?? '?' })),
    selinux:
      one('selinux') === 'enforcing' || one('selinux') === 'permissive'
        ? (one('selinux') as 'enforcing' | 'permissive')
        : 'disabled',
    packageManager:
      one('packageManager') === 'apt-get'
        ? 'apt'
        : one('packageManager') === 'dnf'
          ? 'dnf'
          : one('packageManager') === 'yum'
            ? 'yum'
            : 'none',
    unreachable: all('unreachable'),
    resolvedStub: one('resolvedStub') === 'true',
    kubernetes: {
      joined: one('joined') === 'true',
      manifests: all('manifest'),
      ...(kubeletVersion ? { kubeletVersion } : {}),
      ...(kubeadmVersion ? { kubeadmVersion } : {}),
      ...(loadBalancer ? { loadBalancer } : {}),
    },
    ...(etcdState === 'new' || etcdState === 'existing'
      ? {
          etcd: {
            state: etcdState,
            ...(etcdSnapshotAt ? { snapshot: Number(etcdSnapshotAt) } : {}),
            ...(revision ? { member: { revision: Number(revision), hasLeader: hasLeader === '1' } } : {}),
          },
        }
      : {}),
  };
}
