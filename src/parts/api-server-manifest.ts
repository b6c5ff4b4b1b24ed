import type { Cluster, Host } from '../cluster/cluster.ts';
import { etcdEndpoints } from '../cluster/endpoint.ts';
import { KHA_DIR, MANIFEST_DIR } from '../cluster/paths.ts';
import { sh, shJoin } from '../formats/sh.ts';
import { command } from '../graph/effects/command.ts';
import type { Effect } from '../graph/effects/registry.ts';
import { wait } from '../graph/effects/wait.ts';
import { ownApiServerReady } from './own-api-server.ts';

export const API_SERVER_MANIFEST = `${MANIFEST_DIR}/kube-apiserver.yaml`;
/** Where it lies while the API server shall not run. Beside the folder that kubelet watches, on the same file system. */
export const STOPPED_API_SERVER = `${KHA_DIR}/kube-apiserver.yaml.kha-stopped`;

const flagOf = (cluster: Cluster): string => `--etcd-servers=${etcdEndpoints(cluster).join(',')}`;

/** kubeadm's manifest asks the members of etcd that there are now; one that was put aside comes back so. */
export function asksAllMembers(cluster: Cluster): Effect {
  const aside = `${KHA_DIR}/kube-apiserver.yaml.kha-new`;
  const flag = flagOf(cluster);
  return command('the manifest of kube-apiserver names all members of etcd', {
    look: sh`sed -n ${String.raw`s/^ *- \(--etcd-servers=.*\)$/\1/p`} ${API_SERVER_MANIFEST} 2>/dev/null`,
    want: flag,
    act: shJoin([
      sh`from=${API_SERVER_MANIFEST}; [ -e $from ] || from=${STOPPED_API_SERVER}`,
      sh`sed ${String.raw`s|^\( *- \)--etcd-servers=.*$|\1${flag}|`} $from >${aside}`,
      sh`chmod --reference=$from ${aside} && chown --reference=$from ${aside} && mv ${aside} ${API_SERVER_MANIFEST}`,
    ]),
  });
}

/** Its API server runs with that manifest, and is ready. */
export const readyWithAllMembers = (cluster: Cluster, host: Host): Effect =>
  wait(`the API server of ${host.name} is ready with them`, {
    probe: sh`p=$(pgrep -xo kube-apiserver) && tr '\\0' '\\n' </proc/$p/cmdline | grep -qxF -e ${flagOf(cluster)} && ${ownApiServerReady(host)} -o /dev/null`,
    timeoutSeconds: cluster.timeouts.readyMinutes * 60,
    containers: ['kube-apiserver'],
  });
