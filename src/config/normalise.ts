import type { Cluster, Registry } from '../cluster/cluster.ts';
import type { Issue } from '../cluster/issue.ts';
import { type Catalogue, formatVersion, parseVersion, releaseOf, supportedMinors } from '../cluster/version.ts';
import {
  type DefaultImages,
  defaultImages,
  defaultRepositories,
  KUBERNETES_REPOSITORY,
  defaultRouterId,
} from './defaults.ts';
import { normaliseSchedules } from './normalise-schedules.ts';
import { normaliseHosts, type SshConfigEntry } from './normalise-hosts.ts';
import { type ClusterFile, etcdSettings } from './schema/cluster.ts';

export interface NormaliseContext {
  catalogue: Catalogue;
  /** Host entries of ~/.ssh/config by the name that the file uses, resolved before. */
  sshConfig: ReadonlyMap<string, SshConfigEntry>;
}

/**
 * Fills in what a checked file leaves open, and nothing else: the result says everything. Where something needed is
 * missing (an address) there is no cluster, and the issues say why; with an unknown version it is one to be checked only.
 */
export function normalise(
  file: ClusterFile,
  context: NormaliseContext,
): { cluster: Cluster | undefined; issues: Issue[] } {
  const issues: Issue[] = [];
  const { hosts, issues: hostIssues } = normaliseHosts(file, context.sshConfig);
  issues.push(...hostIssues);
  const roles = rolesOfFile(file);
  const asked = file.kubernetes.version ?? context.catalogue.default;
  const known = releaseNamed(asked, context.catalogue);
  if (!known) issues.push(unknownVersion(asked, context.catalogue));
  // The default stands in for a version that is not known, so that all else is checked in the same go.
  const standing = known ?? releaseNamed(context.catalogue.default, context.catalogue);
  if (!hosts || !standing) return { cluster: undefined, issues };
  const { version, release } = standing;

  const etcd = typeof file.etcd === 'object' && !Array.isArray(file.etcd) ? file.etcd : etcdSettings.parse({});
  const number = formatVersion(version);
  const { repository } = file.images;
  const imageRepository = file.kubernetes.imageRepository ?? repository ?? KUBERNETES_REPOSITORY;
  const images: DefaultImages = defaultImages(release, file.loadBalancer.mode, imageRepository, repository);
  const { hosts: _hosts, keepalived, ...loadBalancer } = file.loadBalancer;
  const { hosts: _etcdHosts, ...etcdRest } = etcd;
  const cluster: Loose<Cluster> = {
    name: file.name,
    nodeNames: file.nodeNames,
    hosts,
    roles,
    kubernetes: {
      ...file.kubernetes,
      version: number,
      release,
      imageRepository,
      packageVersion: file.kubernetes.packageVersion ?? `${number}${release.packageRevision}`,
    },
    etcd: { ...etcdRest, image: etcd.image ?? images.etcd },
    loadBalancer: {
      ...loadBalancer,
      image: loadBalancer.image ?? images.loadBalancer,
      ...(roles.lb.length > 0 && {
        keepalived: {
          image: keepalived.image ?? images.keepalived,
          routerId: keepalived.routerId ?? defaultRouterId(file.name, loadBalancer.address ?? ''),
        },
      }),
    },
    runtime: {
      ...file.runtime,
      pauseImage: file.runtime.pauseImage ?? images.pause,
      registries: registriesOf(file.runtime.registries),
    },
    network: {
      plugin: file.network.plugin,
      flannel: {
        backend: file.network.flannel.backend,
        image: file.network.flannel.image ?? images.flannel,
        cniPluginImage: file.network.flannel.cniPluginImage ?? images.flannelCniPlugin,
      },
    },
    dns: { image: file.dns.image ?? images.coreDns },
    images: file.images,
    pki: {
      ...file.pki,
      etcdCaDays: file.pki.etcdCaDays ?? file.pki.caDays,
      etcdLeafDays: file.pki.etcdLeafDays ?? file.pki.leafDays,
    },
    packages: {
      repositories: file.packages.repositories ?? defaultRepositories(version),
      extra: file.packages.extra,
    },
    proxy: file.proxy,
    system: file.system,
    addons: file.addons,
    preflight: file.preflight,
    drain: file.drain,
    approvals: file.approvals as Cluster['approvals'],
    maintenance: file.maintenance,
    kernel: file.kernel,
    ...(file.schedules.length > 0 ? { schedules: normaliseSchedules(file.schedules, file.system.timezone) } : {}),
    parallelism: file.parallelism,
    timeouts: file.timeouts,
  };
  return { cluster: plain<Cluster>(cluster), issues };
}

/** Roles with their defaults; see the schema's descriptions. */
function rolesOfFile(file: ClusterFile): Cluster['roles'] {
  const names = Object.keys(file.hosts);
  const masters = file.masters ?? (names.length === 1 ? names : []);
  const settings = file.etcd;
  const etcd = settings === 'masters' ? masters : Array.isArray(settings) ? settings : (settings.hosts ?? masters);
  const lb = file.loadBalancer.hosts ?? [];
  const others = names.filter((n) => !masters.includes(n) && !etcd.includes(n) && !lb.includes(n));
  return { masters, workers: file.workers ?? (others.length > 0 ? others : masters), etcd, lb };
}

function registriesOf(map: ClusterFile['runtime']['registries']): Registry[] {
  return Object.entries(map).map(([name, value]) => {
    if (typeof value === 'string') return { name, endpoints: [value], insecure: false };
    if (Array.isArray(value)) return { name, endpoints: value, insecure: false };
    return { name, ...value } as Registry;
  });
}

function releaseNamed(asked: string, catalogue: Catalogue) {
  const version = parseVersion(asked);
  const release = version && releaseOf(catalogue, version);
  return version && release && { version, release };
}

function unknownVersion(asked: string, catalogue: Catalogue): Issue {
  const minors = supportedMinors(catalogue);
  return {
    path: ['kubernetes', 'version'],
    message: `Kubernetes ${asked} is not supported; kha knows ${minors[0]} to ${minors.at(-1)}.`,
    hint: `Choose one of them, for example ${catalogue.default}.`,
    severity: 'error',
  };
}

/** `T` whose optional fields may be there with the value undefined, as zod makes them. */
type Loose<T> = T extends (infer U)[]
  ? Loose<U>[]
  : T extends object
    ? {
        [K in keyof T]: string extends K
          ? Loose<T[K]> | undefined
          : Loose<T[K]> | (Partial<Pick<T, K>> extends Pick<T, K> ? undefined : never);
      }
    : T;

/** JSON without absent fields, so that two equal declarations are deeply equal. */
const plain = <T>(value: Loose<T>): T => JSON.parse(JSON.stringify(value)) as T;
