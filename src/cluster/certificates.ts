import type { CertificateRequest } from './certificate.ts';
import { parseAddress, parseCidr, nthAddress } from './cidr.ts';
import type { Cluster, Host } from './cluster.ts';
import { KUBELET_DIR, PKI_DIR } from './paths.ts';
import { controlPlaneEndpoint } from './endpoint.ts';
import { isEtcd, isMaster, masters, nodes } from './role.ts';
import { parseVersion } from './version.ts';

/** The three roots of a cluster. */
export type Authority = 'kubernetes' | 'front-proxy' | 'etcd';

/** A file on the host; owner and group are root. */
export interface PkiFile {
  path: string;
  mode: number;
}

/** A root's certificate on a host; its key only where something on that host must sign. */
export interface AuthoritySpec {
  kind: 'authority';
  id: string;
  authority: Authority;
  certificate: PkiFile;
  key?: PkiFile;
}

/** What judging and issuing need of a leaf. */
interface Issued {
  id: string;
  authority: Authority;
  request: CertificateRequest;
  /** Names of `request` whose absence is no reason to renew: an added master must not restart the API server of all others. */
  optionalNames: string[];
}

export interface LeafSpec extends Issued {
  kind: 'leaf';
  certificate: PkiFile;
  key: PkiFile;
}

/** A kubeconfig with a client certificate inside. */
export interface KubeconfigSpec extends Issued {
  kind: 'kubeconfig';
  file: PkiFile;
  /** URL of the API server. */
  server: string;
  /** Name of the cluster entry; kubeadm's default. */
  clusterName: string;
  user: string;
}

/** The key that signs service account tokens: one for the cluster, on masters. */
export interface ServiceAccountSpec {
  kind: 'service-account';
  id: 'sa';
  key: PkiFile;
  publicKey: PkiFile;
}

export type CertificateSpec = AuthoritySpec | LeafSpec | KubeconfigSpec | ServiceAccountSpec;

const KUBELET_PKI = `${KUBELET_DIR}/pki`;
const SUPERUSERS = 'system:masters';
const ADMINS = 'kubeadm:cluster-admins';

const AUTHORITY_FILES: Record<Authority, string> = {
  kubernetes: 'ca',
  'front-proxy': 'front-proxy-ca',
  etcd: 'etcd/ca',
};
// Three different names: a client that knows several roots picks one by name.
const AUTHORITY_NAMES: Record<Authority, string> = {
  kubernetes: 'kubernetes',
  'front-proxy': 'front-proxy-ca',
  etcd: 'etcd-ca',
};

export const authorities = ['kubernetes', 'front-proxy', 'etcd'] as const satisfies Authority[];

/** What to ask for when the cluster's root is made. */
export const rootRequest = (cluster: Cluster, authority: Authority): { commonName: string; days: number } => ({
  commonName: AUTHORITY_NAMES[authority],
  days: authority === 'etcd' ? cluster.pki.etcdCaDays : cluster.pki.caDays,
});

/** Name of the store's secret that holds a root as JSON of a KeyPair: key and certificate can't come from two writers. */
export const rootSecret = (cluster: string, authority: Authority): string =>
  `${cluster}/pki/${AUTHORITY_NAMES[authority]}`;

/** Name of the store's secret with the private key, PEM, of service accounts. */
export const serviceAccountSecret = (cluster: string): string => `${cluster}/pki/sa`;

/**
 * All that lies under pki/ and in kubeconfigs of one host. Every host gets its own keys; keys of roots go to masters
 * only, that of etcd to none: kha signs for etcd, nothing on a host does. Workers get no ca.crt: `kubeadm join` writes it,
 * and refuses a host that has one.
 */
export function certificatesOf(cluster: Cluster, host: Host): CertificateSpec[] {
  const specs: CertificateSpec[] = [];
  if (isMaster(cluster, host)) specs.push(...masterCertificates(cluster, host));
  if (isMaster(cluster, host) || isEtcd(cluster, host)) specs.push(authority('etcd', false));
  if (isEtcd(cluster, host)) specs.push(...etcdCertificates(cluster, host));
  if (nodes(cluster).includes(host)) specs.push(kubeletServing(cluster, host));
  if (isMaster(cluster, host)) specs.push(...kubeconfigs(cluster, host));
  return specs;
}

function masterCertificates(cluster: Cluster, host: Host): CertificateSpec[] {
  const days = cluster.pki.leafDays;
  return [
    authority('kubernetes', true),
    authority('front-proxy', true),
    {
      kind: 'service-account',
      id: 'sa',
      key: secretFile(`${PKI_DIR}/sa.key`),
      publicKey: publicFile(`${PKI_DIR}/sa.pub`),
    },
    leaf('apiserver', 'kubernetes', apiServerRequest(cluster, host), {
      optionalNames: masters(cluster)
        .filter((other) => other !== host)
        .map((other) => other.address),
    }),
    leaf('apiserver-kubelet-client', 'kubernetes', {
      commonName: 'kube-apiserver-kubelet-client',
      organizations: kubeletClientGroups(cluster),
      usages: ['client'],
      days,
    }),
    leaf('front-proxy-client', 'front-proxy', { commonName: 'front-proxy-client', usages: ['client'], days }),
    leaf('apiserver-etcd-client', 'etcd', {
      commonName: 'kube-apiserver-etcd-client',
      usages: ['client'],
      days: cluster.pki.etcdLeafDays,
    }),
  ];
}

/** The names of kubeadm's GetAPIServerAltNames, without which it refuses an existing certificate, and ours. */
function apiServerRequest(cluster: Cluster, host: Host): CertificateRequest {
  const { dnsDomain, serviceSubnet } = cluster.kubernetes;
  const names = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${dnsDomain}`,
    'localhost',
    host.nodeName,
    host.name,
    host.address,
    '127.0.0.1',
    ...serviceSubnet.split(',').flatMap(firstAddress),
    ...(cluster.loadBalancer.address === undefined ? [] : [cluster.loadBalancer.address]),
    ...cluster.pki.sans,
    // A proxy in front of the masters may be addressed as any of them.
    ...masters(cluster).map((master) => master.address),
  ];
  return { commonName: 'kube-apiserver', ...split(names), usages: ['server'], days: cluster.pki.leafDays };
}

function firstAddress(subnet: string): string[] {
  const network = parseCidr(subnet.trim());
  const first = network && nthAddress(network, 1);
  return first === undefined ? [] : [first];
}

/** kubeadm took the API server's own group away step by step: 1.29 (kubernetes#121837), 1.36.1 (binds the user instead). */
function kubeletClientGroups(cluster: Cluster): string[] {
  if (atLeast(cluster, 37)) return [];
  return [atLeast(cluster, 29) ? ADMINS : SUPERUSERS];
}

const atLeast = (cluster: Cluster, minor: number): boolean =>
  (parseVersion(cluster.kubernetes.version)?.minor ?? Infinity) >= minor;

function etcdCertificates(cluster: Cluster, host: Host): LeafSpec[] {
  const days = cluster.pki.etcdLeafDays;
  const own = split([host.nodeName, host.name, 'localhost', host.address, '127.0.0.1', '::1']);
  const request: CertificateRequest = { commonName: host.nodeName, ...own, usages: ['server', 'client'], days };
  return [
    // etcd's gateway calls its own server with the server's certificate, so that one is a client's too.
    leaf('etcd/server', 'etcd', request),
    leaf('etcd/peer', 'etcd', request),
    leaf('etcd/healthcheck-client', 'etcd', { commonName: 'kube-etcd-healthcheck-client', usages: ['client'], days }),
  ];
}

function kubeletServing(cluster: Cluster, host: Host): LeafSpec {
  const request: CertificateRequest = {
    commonName: `system:node:${host.nodeName}`,
    organizations: ['system:nodes'],
    ...split([host.nodeName, host.name, host.address]),
    usages: ['server'],
    days: cluster.pki.leafDays,
  };
  return leaf('kubelet', 'kubernetes', request, { directory: KUBELET_PKI });
}

/**
 * What kubeadm's getKubeConfigSpecs makes. It takes an existing file whose cluster trusts the same root, and only warns
 * of another server. super-admin.conf lies on the first master alone, as after `kubeadm init`.
 */
function kubeconfigs(cluster: Cluster, host: Host): KubeconfigSpec[] {
  const endpoint = `https://${controlPlaneEndpoint(cluster)}`;
  const own = `https://${parseAddress(host.address)?.family === 6 ? `[${host.address}]` : host.address}:6443`;
  const make = (name: string, server: string, user: string, organizations: string[] = []): KubeconfigSpec => ({
    kind: 'kubeconfig',
    id: name,
    authority: 'kubernetes',
    request: { commonName: user, organizations, usages: ['client'], days: cluster.pki.leafDays },
    optionalNames: [],
    file: secretFile(`/etc/kubernetes/${name}`),
    server,
    clusterName: 'kubernetes',
    user,
  });
  const first = masters(cluster)[0] === host;
  return [
    make('admin.conf', endpoint, 'kubernetes-admin', [atLeast(cluster, 29) ? ADMINS : SUPERUSERS]),
    ...(first && atLeast(cluster, 29)
      ? [make('super-admin.conf', endpoint, 'kubernetes-super-admin', [SUPERUSERS])]
      : []),
    make('controller-manager.conf', own, 'system:kube-controller-manager'),
    make('scheduler.conf', own, 'system:kube-scheduler'),
  ];
}

function authority(of: Authority, withKey: boolean): AuthoritySpec {
  const base = `${PKI_DIR}/${AUTHORITY_FILES[of]}`;
  const spec: AuthoritySpec = {
    kind: 'authority',
    id: AUTHORITY_FILES[of],
    authority: of,
    certificate: publicFile(`${base}.crt`),
  };
  return withKey ? { ...spec, key: secretFile(`${base}.key`) } : spec;
}

function leaf(
  id: string,
  signer: Authority,
  request: CertificateRequest,
  { directory = PKI_DIR, optionalNames = [] }: { directory?: string; optionalNames?: string[] } = {},
): LeafSpec {
  return {
    kind: 'leaf',
    id,
    authority: signer,
    request,
    optionalNames,
    certificate: publicFile(`${directory}/${id}.crt`),
    key: secretFile(`${directory}/${id}.key`),
  };
}

const publicFile = (path: string): PkiFile => ({ path, mode: 0o644 });
const secretFile = (path: string): PkiFile => ({ path, mode: 0o600 });

/** Sorts names into DNS names and addresses, each once. */
function split(names: readonly string[]): { dnsNames: string[]; ipAddresses: string[] } {
  const all = [...new Set(names)];
  const isAddress = (name: string) => parseAddress(name) !== undefined;
  return { dnsNames: all.filter((name) => !isAddress(name)), ipAddresses: all.filter(isAddress) };
}
