import { type Authority, certificatesOf } from './certificates.ts';
import type { Cluster, Host } from './cluster.ts';
import { API_SERVER_PORT, hostPort } from './endpoint.ts';
import { KUBELET_CLIENT, KUBELET_CONF, KUBELET_SERVER, PKI_DIR } from './paths.ts';
import { isEtcd, isMaster, isNode, isWorker } from './role.ts';

/** Where a host has a certificate: in a file, on a port, or both. */
export interface CertificatePlace {
  /** As in `certificatesOf`, where kha issues it. */
  id: string;
  /** What it is, in words. */
  what: string;
  file?: {
    path: string;
    /** Where it is there, it stands for `path`. */
    before?: string;
    /** Of a kubeconfig: whom it names, or whom it trusts. */
    in?: 'client' | 'trust';
  };
  /** `address:port` where a server shows it. */
  port?: string;
  /** Who must have signed it, or whose it is; absent: somebody else. */
  authority?: Authority;
  isAuthority?: true;
}

const WHAT: Record<string, string> = {
  ca: 'authority of Kubernetes',
  'front-proxy-ca': 'authority of the front proxy',
  'etcd/ca': 'authority of etcd',
  apiserver: 'API server',
  'apiserver-kubelet-client': 'API server to kubelets',
  'apiserver-etcd-client': 'API server to etcd',
  'front-proxy-client': 'API server to extensions',
  'etcd/server': 'etcd to clients',
  'etcd/peer': 'etcd to members',
  'etcd/healthcheck-client': 'health check of etcd',
  kubelet: 'kubelet as a server',
  'admin.conf': 'administrator',
  'super-admin.conf': 'administrator without RBAC',
  'controller-manager.conf': 'controller manager',
  'scheduler.conf': 'scheduler',
};

/** What kubelet shows as a server. */
export const KUBELET_ID = 'kubelet';
export const KUBELET_CLIENT_ID = 'kubelet-client';

/** Does kubelet ask the cluster for its serving certificate? */
export const asksForServing = ({ kubernetes: { kubeletConfiguration } }: Cluster): boolean =>
  kubeletConfiguration['serverTLSBootstrap'] === true;

/** Does kubelet read what kha issues, where the cluster gave it none? */
export const servesWhatKhaIssues = ({ kubernetes: { kubeletConfiguration } }: Cluster): boolean =>
  kubeletConfiguration['tlsCertFile'] === undefined;

/** kubelet goes by what kha issued until the cluster gave it another one. */
function kubeletServing(cluster: Cluster, issued: string): NonNullable<CertificatePlace['file']> {
  const own = cluster.kubernetes.kubeletConfiguration['tlsCertFile'];
  // Told that there is none, kubelet has what the cluster gives it, and nothing else.
  const none = asksForServing(cluster) ? KUBELET_SERVER : issued;
  const path = own === '' ? none : typeof own === 'string' ? own : issued;
  return asksForServing(cluster) ? { path, before: KUBELET_SERVER } : { path };
}

/** All certificates that a host has for the cluster's sake. */
export function certificatePlaces(cluster: Cluster, host: Host): CertificatePlace[] {
  const issued = certificatesOf(cluster, host).flatMap((spec): CertificatePlace[] => {
    if (spec.kind === 'service-account') return [];
    const about = { id: spec.id, what: WHAT[spec.id] ?? spec.id, authority: spec.authority };
    if (spec.kind === 'kubeconfig')
      return [
        { ...about, file: { path: spec.file.path, in: 'client' } },
        { ...about, what: `trusted in ${spec.id}`, isAuthority: true, file: { path: spec.file.path, in: 'trust' } },
      ];
    if (spec.kind === 'authority') return [{ ...about, isAuthority: true, file: { path: spec.certificate.path } }];
    const { path } = spec.certificate;
    const port = portOf(spec.id, host);
    return [
      {
        ...about,
        file: spec.id === KUBELET_ID ? kubeletServing(cluster, path) : { path },
        ...(port === undefined ? {} : { port }),
      },
    ];
  });
  return [...issued, ...ofNodes(cluster, host), ...ofServers(cluster, host), ...ofRegistries(cluster, host)];
}

/** Where servers listen. etcd wants certificates of its clients, and shows its own before it looks at them. */
function portOf(id: string, { address }: Host): string | undefined {
  const ports: Record<string, number> = {
    apiserver: API_SERVER_PORT,
    'etcd/server': 2379,
    'etcd/peer': 2380,
    kubelet: 10250,
  };
  return Object.hasOwn(ports, id) ? hostPort(address, ports[id] ?? 0) : undefined;
}

/** What kubelet of a node has; the authority of a worker is written by `kubeadm join`. */
function ofNodes(cluster: Cluster, host: Host): CertificatePlace[] {
  if (!isNode(cluster, host)) return [];
  const authority = 'kubernetes';
  return [
    ...(isMaster(cluster, host)
      ? []
      : [
          {
            id: 'ca',
            what: WHAT['ca'] ?? '',
            isAuthority: true,
            authority,
            file: { path: `${PKI_DIR}/ca.crt` },
          } as const,
        ]),
    { id: KUBELET_CLIENT_ID, what: 'kubelet as a client', authority, file: { path: KUBELET_CLIENT } },
    {
      id: 'kubelet.conf',
      what: 'trusted in kubelet.conf',
      isAuthority: true,
      authority,
      file: { path: KUBELET_CONF, in: 'trust' },
    },
  ];
}

/** They make a certificate for themselves at each start, good for a year: what asks them does not verify it. */
function ofServers(cluster: Cluster, host: Host): CertificatePlace[] {
  if (!isMaster(cluster, host)) return [];
  const { controllerManager, scheduler } = cluster.kubernetes.extraArgs;
  const at = (args: Record<string, string>, port: number): string => {
    const address = args['bind-address'];
    const isAny = address === undefined || address === '0.0.0.0' || address === '::';
    return hostPort(isAny ? '127.0.0.1' : address, Number(args['secure-port'] ?? port));
  };
  return [
    { id: 'controller-manager', what: 'controller manager as a server', port: at(controllerManager, 10257) },
    { id: 'scheduler', what: 'scheduler as a server', port: at(scheduler, 10259) },
  ];
}

function ofRegistries(cluster: Cluster, host: Host): CertificatePlace[] {
  if (!isNode(cluster, host) && !isEtcd(cluster, host) && !isWorker(cluster, host)) return [];
  return cluster.runtime.registries.flatMap(({ name, caFile }) =>
    caFile === undefined
      ? []
      : [{ id: `registry ${name}`, what: `trusted for ${name}`, isAuthority: true, file: { path: caFile } } as const],
  );
}
