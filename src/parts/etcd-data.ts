import type { Cluster, Host } from '../cluster/cluster.ts';
import { etcdSnapshot } from '../cluster/paths.ts';
import { type Command, sh } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { etcdPeerUrl } from './etcd.ts';
import { oneOffContainer } from './one-off-container.ts';

/** More than a cluster writes between a snapshot and its restoration: what clients remember is older than all that comes. */
const BUMP = 1_000_000_000;

/** In the data directory itself, which may be a file system of its own. What was put aside before goes. */
const putAside = (dataDir: string): Command =>
  sh`{ rm -rf ${`${dataDir}/kha-former`} && mv ${`${dataDir}/member`} ${`${dataDir}/kha-former`}; }`;

/** A member that joins begins with nothing; what it had is kept. For a host on which none runs. */
export function formerDataAside({ etcd: { dataDir } }: Cluster): Effect {
  return command(`the former data lies in ${dataDir}/kha-former`, {
    look: sh`[ -e ${`${dataDir}/member`} ] && echo there || echo aside`,
    want: 'aside',
    act: putAside(dataDir),
  });
}

/**
 * The data is that of the snapshot, as of the only member of a new cluster; the snapshot is renamed then. For a host on which no member
 * runs. Source: etcd.io/docs, Disaster recovery.
 */
export function snapshotRestored(cluster: Cluster, host: Host): Effect {
  const { dataDir, image } = cluster.etcd;
  const [snapshot, restored] = [etcdSnapshot(dataDir), `${dataDir}/kha-restored`];
  const peer = etcdPeerUrl(host);
  const flags = [
    `--name=${host.nodeName}`,
    `--initial-cluster=${host.nodeName}=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster-token=kha-${cluster.name}`,
    `--data-dir=${restored}`,
  ];
  const container = oneOffContainer(cluster, {
    name: 'kha-etcd-restore',
    image,
    from: dataDir,
    to: dataDir,
    access: 'rw',
    seconds: 600,
  });
  return command(`etcd has the data of ${snapshot}`, {
    look: sh`[ -e ${snapshot} ] || [ -e ${restored} ] && echo 'not yet' || echo restored`,
    want: 'restored',
    act: sh`set -e
kha_run() {
${container}
}
kha_restore() {
kha_program=$1; shift
rm -rf ${restored}
kha_run $kha_program snapshot restore ${snapshot} ${flags} "$@"
}
if [ -e ${snapshot} ]; then
# Older images have no such flags, or etcdctl alone.
kha_restore etcdutl --bump-revision ${BUMP} --mark-compacted || kha_restore etcdutl || kha_restore etcdctl
[ ! -e ${`${dataDir}/member`} ] || ${putAside(dataDir)}
mv ${snapshot} ${`${snapshot}.restored`}
fi
[ ! -e ${`${restored}/member`} ] || mv ${`${restored}/member`} ${`${dataDir}/member`}
rm -rf ${restored}`,
  });
}
