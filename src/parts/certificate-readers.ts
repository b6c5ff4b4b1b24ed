import type { Cluster, Host } from '../cluster/cluster.ts';
import { PKI_DIR } from '../cluster/paths.ts';
import { isEtcd, isMaster } from '../cluster/role.ts';
import { parseVersion } from '../cluster/version.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import { ownContainer, OWN_CONTAINERS } from './own-container.ts';

/** A component of the control plane, and the files that it reads at its start alone. What it reads again by itself is not among them. */
export interface CertificateReader {
  /** Of its container. */
  name: 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';
  reads: string[];
}

const CA = `${PKI_DIR}/ca.crt`;
const ETCD_CA = `${PKI_DIR}/etcd/ca.crt`;

/**
 * Those of a host, in the order in which one needs the other.
 *
 * - etcd reads its certificates at every handshake (transport.TLSInfo), its authority at its start.
 * - kube-apiserver watches its serving certificate, the authorities of clients and front-proxy-client (dynamiccertificates); it reads
 *   apiserver-etcd-client at every connection, as all clients of etcd do; since 1.37 apiserver-kubelet-client too.
 * - The others have their certificate in a kubeconfig, which is read once.
 */
export function certificateReaders(cluster: Cluster, host: Host): CertificateReader[] {
  const minor = parseVersion(cluster.kubernetes.version)?.minor ?? 0;
  return [
    ...(isEtcd(cluster, host) ? [{ name: 'etcd', reads: [ETCD_CA] } as const] : []),
    ...(isMaster(cluster, host)
      ? ([
          {
            name: 'kube-apiserver',
            reads: [CA, ETCD_CA, ...(minor < 37 ? [`${PKI_DIR}/apiserver-kubelet-client.crt`] : [])],
          },
          { name: 'kube-controller-manager', reads: ['/etc/kubernetes/controller-manager.conf', CA] },
          { name: 'kube-scheduler', reads: ['/etc/kubernetes/scheduler.conf'] },
        ] as const)
      : []),
  ].map(({ name, reads }) => ({ name, reads: [...reads] }));
}

/**
 * Defines `kha_newer PID FILE…`, which prints the files that were written after the process started. Both moments are counted from now, so
 * that no clock but the present one matters.
 */
export const NEWER_FILES = sh`kha_newer() {
kha_pid=$1; shift
[ -n "$kha_pid" ] && [ -r "/proc/$kha_pid/stat" ] || return 0
kha_start=$(awk -v up="$(cut -d' ' -f1 /proc/uptime)" -v now="$(date +%s.%N)" -v hz="$(getconf CLK_TCK)" ${String.raw`{ sub(/^.*\) /, ""); printf "%.2f", now - up + $20 / hz }`} "/proc/$kha_pid/stat")
for kha_file in "$@"; do
kha_written=$(stat -L -c %.Y "$kha_file" 2>/dev/null) || continue
awk -v w="$kha_written" -v s="$kha_start" 'BEGIN { exit !(w > s) }' && echo "$kha_file"
done
return 0
}`;

/** A process has no more than fifteen characters of its name. */
const COMM_LENGTH = 15;
/** Prints the id of the process of this name in the container `$kha_id`: users may run one of that name too. */
const pidOf = (name: string): Command =>
  sh`for kha_each in $(pgrep -x ${name.slice(0, COMM_LENGTH)}); do ! grep -qF "$kha_id" "/proc/$kha_each/cgroup" || echo "$kha_each"; done | head -n 1`;

/** Defines `kha_stale`, which prints the files of a component that it has not read as they are. */
const staleFiles = ({ name, reads }: CertificateReader): Command =>
  shJoin([
    NEWER_FILES,
    sh`kha_stale() { kha_id=$(${ownContainer(name)}); if [ -z "$kha_id" ]; then echo '(it does not run)'; else kha_newer "$(${pidOf(name)})" ${reads}; fi; }`,
  ]);

/** Prints `<component><TAB><file>` for each file that a component has not read as it is, and a line for one that does not run. */
export const staleReaders = (readers: readonly CertificateReader[]): Command =>
  shJoin(readers.map((reader) => sh`${staleFiles(reader)}\nkha_stale | sed ${`s|^|${reader.name}\t|`}`));

/**
 * Starts a component anew: kubelet does once the container has ended. What has ended before is taken away, so that kubelet does not wait as
 * it does with what ends again and again. `evenIf`: also where it has read all.
 */
export const restartReader = (
  reader: CertificateReader,
  { evenIf, seconds }: { evenIf: boolean; seconds: number },
): Command =>
  shJoin([
    staleFiles(reader),
    sh`kha_old=$(${ownContainer(reader.name)})
if [ -n "$kha_old" ] && { ${evenIf ? 'true' : 'false'} || [ -n "$(kha_stale)" ]; }; then crictl stop --timeout 20 "$kha_old"; else kha_old=none; fi
kha_ended=$(crictl ps -a -q --state exited ${OWN_CONTAINERS} --label ${`io.kubernetes.container.name=${reader.name}`})
[ -z "$kha_ended" ] || crictl rm $kha_ended >/dev/null 2>&1 || :
kha_end=$(( $(date +%s) + ${seconds} ))
until kha_new=$(${ownContainer(reader.name)}); [ -n "$kha_new" ] && [ "$kha_new" != "$kha_old" ]; do
[ "$(date +%s)" -lt "$kha_end" ] || { echo ${`${reader.name} was not started again within ${seconds} s`} >&2; exit 1; }
sleep 0.3
done`,
  ]);
