import type { Cluster, Host } from '../cluster/cluster.ts';
import { CRI_SOCKET, MANIFEST_DIR, STANDALONE_KUBELET } from '../cluster/paths.ts';
import { hasLoadBalancer, isEtcd, isMaster, isWorker } from '../cluster/role.ts';
import { parseVersion } from '../cluster/version.ts';
import { systemdUnit, unitWord } from '../formats/systemd-unit.ts';
import { toYaml } from '../formats/yaml.ts';
import { directory } from '../graph/effects/directory.ts';
import { file } from '../graph/effects/file.ts';
import { service } from '../graph/effects/service.ts';
import { step } from '../graph/step.ts';
import { certificates } from './certificates.ts';
import { kubernetesPackages } from './kubernetes-packages.ts';

/** `initFirstMaster`, `joinMaster` and `joinWorker` put the drop-in aside when they hand the host to the cluster. */
export const standaloneKubelet = step({
  id: 'standalone-kubelet',
  title: 'kubelet without a cluster',
  why: 'etcd and the load balancer must run before there is an API server; kubelet hosts them from the first moment.',
  // kubelet that finds no serving certificate makes one, beside the one that is just being written.
  after: [kubernetesPackages, certificates],
  hosts: (cluster) => cluster.hosts.filter((host) => hasOwnPods(cluster, host)),
  skipWhen: ({ facts }, host) =>
    facts[host.name]?.kubernetes.joined === true && 'the host is a member of the cluster, which runs its kubelet',
  effects: ({ cluster }, host) => [
    directory(MANIFEST_DIR),
    file(STANDALONE_KUBELET.configuration, standaloneConfiguration(cluster)),
    file(STANDALONE_KUBELET.dropIn, standaloneDropIn(cluster, host)),
    service('kubelet.service', { restartOn: [STANDALONE_KUBELET.configuration, STANDALONE_KUBELET.dropIn] }),
  ],
  policy: 'install',
});

/** Static pods that kha places before kubeadm comes, or on hosts where it never does. */
const hasOwnPods = (cluster: Cluster, host: Host): boolean => isEtcd(cluster, host) || hasLoadBalancer(cluster, host);

/**
 * Serves nothing to anybody: no server at all, and were there one, nobody could show who he is. So port 10250 is free
 * for kubeadm's preflight as well.
 */
function standaloneConfiguration(cluster: Cluster): string {
  return toYaml({
    ...cluster.kubernetes.kubeletConfiguration,
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    staticPodPath: MANIFEST_DIR,
    cgroupDriver: 'systemd',
    ...(remoteByFlag(cluster) ? {} : { containerRuntimeEndpoint: CRI_SOCKET }),
    enableServer: false,
    address: '127.0.0.1',
    readOnlyPort: 0,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
    // Asking an API server is impossible; authentication lets nobody come this far.
    authorization: { mode: 'AlwaysAllow' },
    rotateCertificates: false,
    serverTLSBootstrap: false,
  });
}

/** The endpoint moved from the command line to the configuration in 1.27. */
const remoteByFlag = (cluster: Cluster): boolean => (parseVersion(cluster.kubernetes.version)?.minor ?? 99) < 27;

function standaloneDropIn(cluster: Cluster, host: Host): string {
  const { kubernetes } = cluster;
  const words = [
    `--config=${STANDALONE_KUBELET.configuration}`,
    // The name of the node to be: with another one, kubelet would make all pods anew when the host joins.
    `--hostname-override=${host.nodeName}`,
    `--root-dir=${kubernetes.kubeletRootDir}`,
    ...(kubernetes.release.kubeletNeedsRemoteRuntimeFlag ? ['--container-runtime=remote'] : []),
    ...(remoteByFlag(cluster) ? [`--container-runtime-endpoint=${CRI_SOCKET}`] : []),
  ];
  const stays = !isMaster(cluster, host) && !isWorker(cluster, host);
  return systemdUnit(
    stays
      ? 'This host is no node: its kubelet runs the static pods of the host and knows no API server.'
      : 'Until the host joins, its kubelet runs the static pods of the host and knows no API server.',
    { Service: { ExecStart: ['', ['/usr/bin/kubelet', ...words.map(unitWord)].join(' ')] } },
  );
}
