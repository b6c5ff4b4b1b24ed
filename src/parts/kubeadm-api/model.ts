import type { Cluster, ExtraVolume, Host } from '../../cluster/cluster.ts';
import { controlPlaneEndpoint, API_SERVER_PORT, dnsServiceAddress, etcdEndpoints } from '../../cluster/endpoint.ts';
import type { Facts } from '../../cluster/facts.ts';
import { parseImage } from '../../cluster/image.ts';
import { CRI_SOCKET, ENCRYPTION_CONFIGURATION, KUBELET_DIR, PKI_DIR } from '../../cluster/paths.ts';
import { isMaster, isWorker, masters } from '../../cluster/role.ts';

/** Command line arguments, name without dashes → value. */
export type Args = Record<string, string>;

interface Taint {
  key: string;
  effect: 'NoSchedule';
}

export interface Component {
  args: Args;
  volumes: ExtraVolume[];
}

/** All that kha tells kubeadm, free of the version of its configuration API. */
export interface KubeadmModel {
  node: {
    name: string;
    address: string;
    apiServerPort: number;
    criSocket: string;
    /** Absent: kubeadm's own for this kind of node. */
    taints?: Taint[];
    kubeletArgs: Args;
    ignorePreflightErrors: string[];
  };
  cluster: {
    name: string;
    /** With `v`. */
    version: string;
    endpoint: string;
    imageRepository: string;
    dns: { imageRepository: string; imageTag: string };
    etcd: { endpoints: string[]; caFile: string; certFile: string; keyFile: string };
    networking: { podSubnet: string; serviceSubnet: string; dnsDomain: string };
    sans: string[];
    apiServer: Component;
    controllerManager: Component;
    scheduler: Component;
    /** Validity of what kubeadm itself signs, in days. */
    leafDays: number;
    caDays: number;
  };
  /** How long kubeadm waits for a control plane, in minutes. */
  readyMinutes: number;
  kubelet: Record<string, unknown>;
  proxy: Record<string, unknown>;
}

/** What a host tells kubeadm. `facts` are those of the same host; absent where it could not be read. */
export function kubeadmModel(cluster: Cluster, host: Host, facts: Facts | undefined): KubeadmModel {
  const { kubernetes } = cluster;
  const dns = parseImage(cluster.dns.image);
  return {
    node: {
      name: host.nodeName,
      address: host.address,
      apiServerPort: API_SERVER_PORT,
      criSocket: CRI_SOCKET,
      ...taintsOf(cluster, host),
      kubeletArgs: kubeletArgs(cluster, host, facts),
      ignorePreflightErrors: ignoredErrors(cluster),
    },
    cluster: {
      name: 'kubernetes',
      version: `v${kubernetes.version}`,
      endpoint: controlPlaneEndpoint(cluster),
      imageRepository: kubernetes.imageRepository,
      dns: { imageRepository: dns.repository, imageTag: dns.tag },
      etcd: {
        endpoints: etcdEndpoints(cluster),
        caFile: `${PKI_DIR}/etcd/ca.crt`,
        certFile: `${PKI_DIR}/apiserver-etcd-client.crt`,
        keyFile: `${PKI_DIR}/apiserver-etcd-client.key`,
      },
      networking: {
        podSubnet: kubernetes.podSubnet,
        serviceSubnet: kubernetes.serviceSubnet,
        dnsDomain: kubernetes.dnsDomain,
      },
      sans: apiServerNames(cluster),
      apiServer: apiServer(cluster),
      controllerManager: controllerManager(cluster),
      scheduler: {
        args: { profiling: 'false', ...kubernetes.extraArgs.scheduler },
        volumes: kubernetes.extraVolumes.scheduler,
      },
      leafDays: cluster.pki.leafDays,
      caDays: cluster.pki.caDays,
    },
    readyMinutes: cluster.timeouts.readyMinutes,
    kubelet: kubeletConfiguration(cluster),
    proxy: {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      ...merged({ mode: kubernetes.proxyMode, clusterCIDR: kubernetes.podSubnet }, kubernetes.kubeProxyConfiguration),
    },
  };
}

/** Go's spelling; minutes are for tests. */
function signingDuration({ pki: { leafDays } }: Cluster): string {
  const hours = leafDays * 24;
  return Number.isInteger(hours) ? `${hours}h` : `${Math.round(hours * 3600)}s`;
}

function taintsOf(cluster: Cluster, host: Host): { taints?: Taint[] } {
  if (!isMaster(cluster, host)) return {};
  if (isWorker(cluster, host)) return { taints: [] };
  return { taints: cluster.kubernetes.release.masterTaints.map((key) => ({ key, effect: 'NoSchedule' })) };
}

function kubeletArgs(cluster: Cluster, host: Host, facts: Facts | undefined): Args {
  const { kubernetes } = cluster;
  return {
    'node-ip': host.address,
    'hostname-override': host.nodeName,
    // The root directory is no part of KubeletConfiguration.
    ...(kubernetes.kubeletRootDir === KUBELET_DIR ? {} : { 'root-dir': kubernetes.kubeletRootDir }),
    // A property of the host, while KubeletConfiguration is the same for all: kubeadm takes it from the first master only.
    ...(facts === undefined || 'resolvConf' in kubernetes.kubeletConfiguration
      ? {}
      : { 'resolv-conf': facts.resolvedStub ? '/run/systemd/resolve/resolv.conf' : '/etc/resolv.conf' }),
    ...kubernetes.extraArgs.kubelet,
  };
}

/**
 * Beside the user's: the manifests of etcd and the load balancer lie where kubeadm expects nothing. `all` is refused in a
 * file (kubeadm's ValidateIgnorePreflightErrors); the flag, which says it alone, then speaks for the file too.
 */
const ignoredErrors = ({ kubernetes }: Cluster): string[] =>
  ignoresAll(kubernetes.ignorePreflightErrors)
    ? []
    : [...new Set([...kubernetes.ignorePreflightErrors, 'DirAvailable--etc-kubernetes-manifests'])];

export const ignoresAll = (names: readonly string[]): boolean => names.some((name) => name.toLowerCase() === 'all');

function apiServer(cluster: Cluster): Component {
  const { kubernetes } = cluster;
  const { audit, admissionPlugins, encryption } = kubernetes;
  const args: Args = {
    'enable-admission-plugins': [...new Set(['NodeRestriction', ...admissionPlugins.enable])].join(','),
    'kubelet-certificate-authority': `${PKI_DIR}/ca.crt`,
    profiling: 'false',
    'service-node-port-range': kubernetes.nodePortRange,
  };
  if (admissionPlugins.disable.length > 0) args['disable-admission-plugins'] = admissionPlugins.disable.join(',');
  if (encryption.enabled) args['encryption-provider-config'] = ENCRYPTION_CONFIGURATION;
  if (!audit.enabled) {
    return { args: { ...args, ...kubernetes.extraArgs.apiServer }, volumes: kubernetes.extraVolumes.apiServer };
  }
  const logDir = audit.logPath.slice(0, audit.logPath.lastIndexOf('/'));
  return {
    args: {
      ...args,
      'audit-policy-file': audit.policyFile,
      'audit-log-path': audit.logPath,
      'audit-log-maxage': String(audit.maxAge),
      'audit-log-maxbackup': String(audit.maxBackup),
      'audit-log-maxsize': String(audit.maxSize),
      ...kubernetes.extraArgs.apiServer,
    },
    volumes: [
      {
        name: 'audit-policy',
        hostPath: audit.policyFile,
        mountPath: audit.policyFile,
        readOnly: true,
        pathType: 'File',
      },
      { name: 'audit-log', hostPath: logDir, mountPath: logDir, readOnly: false, pathType: 'DirectoryOrCreate' },
      ...kubernetes.extraVolumes.apiServer,
    ],
  };
}

function controllerManager(cluster: Cluster): Component {
  const { kubernetes } = cluster;
  return {
    args: {
      'cluster-signing-duration': signingDuration(cluster),
      'node-cidr-mask-size': String(kubernetes.nodePrefix),
      'node-monitor-grace-period': kubernetes.monitorGracePeriod,
      'node-monitor-period': kubernetes.monitorPeriod,
      profiling: 'false',
      'terminated-pod-gc-threshold': String(kubernetes.terminatedPodGcThreshold),
      ...kubernetes.extraArgs.controllerManager,
    },
    volumes: kubernetes.extraVolumes.controllerManager,
  };
}

function kubeletConfiguration(cluster: Cluster): Record<string, unknown> {
  const { kubernetes } = cluster;
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    ...merged(
      {
        authentication: {
          anonymous: { enabled: false },
          webhook: { enabled: true },
          x509: { clientCAFile: `${PKI_DIR}/ca.crt` },
        },
        authorization: { mode: 'Webhook' },
        cgroupDriver: 'systemd',
        clusterDNS: [dnsServiceAddress(cluster)],
        clusterDomain: kubernetes.dnsDomain,
        evictionHard: kubernetes.eviction,
        ...(Object.keys(kubernetes.kubeReserved).length > 0 ? { kubeReserved: kubernetes.kubeReserved } : {}),
        ...(Object.keys(kubernetes.systemReserved).length > 0 ? { systemReserved: kubernetes.systemReserved } : {}),
        maxPods: kubernetes.maxPods,
        protectKernelDefaults: true,
        readOnlyPort: 0,
        rotateCertificates: true,
        // Issued by the cluster's authority for each host, so that the API server can verify whom it talks to.
        tlsCertFile: `${KUBELET_DIR}/pki/kubelet.crt`,
        tlsPrivateKeyFile: `${KUBELET_DIR}/pki/kubelet.key`,
      },
      kubernetes.kubeletConfiguration,
    ),
  };
}

/** `over` over `base`, objects in each other merged, lists replaced. */
function merged(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const out = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    out[key] = isTable(below) && isTable(value) ? merged(below, value) : value;
  }
  return out;
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What kubeadm wants to find in each API server's certificate (`apiServer.certSANs`), also in those of masters that join later. */
export const apiServerNames = (cluster: Cluster): string[] => [
  ...new Set([
    'localhost',
    '127.0.0.1',
    ...(cluster.loadBalancer.address === undefined ? [] : [cluster.loadBalancer.address]),
    ...masters(cluster).map((m) => m.address),
    ...cluster.pki.sans,
  ]),
];
