import type { DaemonSet } from 'kubernetes-types/apps/v1.d.ts';
import type { ConfigMap, Namespace, ServiceAccount } from 'kubernetes-types/core/v1.d.ts';
import type { ClusterRole, ClusterRoleBinding } from 'kubernetes-types/rbac/v1.d.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { digest } from '../../formats/digest.ts';
import type { Network } from './network.ts';

const NAMESPACE = 'kube-flannel';
const labels = { 'app.kubernetes.io/name': 'flannel' };

/** flannel 0.28 with its CNI plugin, as upstream's manifest has them. Source: kube-flannel.yml of flannel-io/flannel. */
export const flannel: Network = {
  plugin: 'flannel',
  daemonSet: { namespace: NAMESPACE, name: 'kube-flannel-ds', selector: 'app.kubernetes.io/name=flannel' },
  images: ({ network }) => [network.flannel.image, network.flannel.cniPluginImage],
  manifests: (cluster) => {
    const configuration = flannelConfiguration(cluster);
    return [
      namespace,
      serviceAccount,
      clusterRole,
      clusterRoleBinding,
      configMap(configuration),
      daemonSet(cluster, configuration),
    ];
  },
};

const namespace: Namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
};

const serviceAccount: ServiceAccount = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'flannel', namespace: NAMESPACE },
};

const clusterRole: ClusterRole = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'flannel' },
  rules: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
  ],
};

const clusterRoleBinding: ClusterRoleBinding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'flannel' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'flannel' },
  subjects: [{ kind: 'ServiceAccount', name: 'flannel', namespace: NAMESPACE }],
};

const flannelConfiguration = (cluster: Cluster): Record<string, string> => ({
  'cni-conf.json': `${JSON.stringify(
    {
      name: 'cbr0',
      cniVersion: '0.3.1',
      plugins: [
        { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    },
    null,
    2,
  )}\n`,
  'net-conf.json': `${JSON.stringify(
    {
      Network: cluster.kubernetes.podSubnet,
      EnableNFTables: cluster.kubernetes.proxyMode === 'nftables',
      Backend: { Type: cluster.network.flannel.backend },
    },
    null,
    2,
  )}\n`,
});

const configMap = (data: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'kube-flannel-cfg', namespace: NAMESPACE, labels },
  data,
});

const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });

function daemonSet(cluster: Cluster, configuration: Record<string, string>): DaemonSet {
  const { image, cniPluginImage } = cluster.network.flannel;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'kube-flannel-ds', namespace: NAMESPACE, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        // flanneld reads its configuration at its start only.
        metadata: { labels, annotations: { 'kha/configuration': digest(configuration) } },
        spec: {
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          serviceAccountName: 'flannel',
          tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
          initContainers: [
            {
              name: 'install-cni-plugin',
              image: cniPluginImage,
              command: ['cp'],
              args: ['-f', '/flannel', '/opt/cni/bin/flannel'],
              volumeMounts: [{ name: 'cni-plugin', mountPath: '/opt/cni/bin' }],
            },
            {
              name: 'install-cni',
              image,
              command: ['cp'],
              args: ['-f', '/etc/kube-flannel/cni-conf.json', '/etc/cni/net.d/10-flannel.conflist'],
              volumeMounts: [
                { name: 'cni', mountPath: '/etc/cni/net.d' },
                { name: 'flannel-cfg', mountPath: '/etc/kube-flannel/' },
              ],
            },
          ],
          containers: [
            {
              name: 'kube-flannel',
              image,
              command: ['/opt/bin/flanneld'],
              // The node's address: with several interfaces, the one of the default route may be the wrong one.
              args: ['--ip-masq', '--kube-subnet-mgr', '--iface=$(POD_IP)'],
              resources: { requests: { cpu: '100m', memory: '50Mi' } },
              securityContext: { privileged: false, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
              env: [
                field('POD_NAME', 'metadata.name'),
                field('POD_NAMESPACE', 'metadata.namespace'),
                field('POD_IP', 'status.podIP'),
                { name: 'EVENT_QUEUE_DEPTH', value: '5000' },
                // The nodes' own way to the API: the service's address works only once kube-proxy has made its rules.
                { name: 'KUBERNETES_SERVICE_HOST', value: cluster.loadBalancer.address ?? '127.0.0.1' },
                { name: 'KUBERNETES_SERVICE_PORT', value: String(cluster.loadBalancer.port) },
              ],
              volumeMounts: [
                { name: 'run', mountPath: '/run/flannel' },
                { name: 'flannel-cfg', mountPath: '/etc/kube-flannel/' },
                { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
              ],
            },
          ],
          volumes: [
            { name: 'run', hostPath: { path: '/run/flannel' } },
            { name: 'cni-plugin', hostPath: { path: '/opt/cni/bin' } },
            { name: 'cni', hostPath: { path: '/etc/cni/net.d' } },
            { name: 'flannel-cfg', configMap: { name: 'kube-flannel-cfg' } },
            { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
          ],
        },
      },
    },
  };
}
