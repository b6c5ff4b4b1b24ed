/** A release of Kubernetes, without `v`. Pre-releases are not supported. */
export interface KubernetesVersion {
  major: number;
  minor: number;
  patch: number;
}

/** The kubeadm configuration API, short for `kubeadm.k8s.io/<this>`. */
export type KubeadmApi = 'v1beta2' | 'v1beta3' | 'v1beta4' | 'v1';

type ProxyMode = 'iptables' | 'ipvs' | 'nftables';

/** What is particular to one minor of Kubernetes; an entry of config/versions.yaml. */
export interface KubernetesRelease {
  kubeadmApi: KubeadmApi;
  /** Image tags that its kubeadm asks for. */
  etcdTag: string;
  coreDnsTag: string;
  pauseTag: string;
  /** What follows the version in the Debian packages' version, for example `-1.1`. */
  packageRevision: string;
  /** Key of the taint that kubeadm puts on masters. */
  masterTaints: string[];
  proxyModes: ProxyMode[];
  /** The kubelet has to be told `--container-runtime=remote` to use containerd (until 1.23; the flag is gone in 1.27). */
  kubeletNeedsRemoteRuntimeFlag: boolean;
}

/** What is known of the supported versions of Kubernetes; config/versions.yaml as data. */
export interface Catalogue {
  /** Version that a cluster file without one gets. */
  default: string;
  /** By minor, for example `1.37`. */
  releases: Record<string, KubernetesRelease>;
}

const PATTERN = /^v?(\d+)\.(\d+)\.(\d+)$/;

/** Reads `1.37.2` or `v1.37.2`; anything else is undefined. */
export function parseVersion(text: string): KubernetesVersion | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

export const formatVersion = (v: KubernetesVersion): string => `${v.major}.${v.minor}.${v.patch}`;

/** `1.37` of 1.37.2: the key in the catalogue. */
export const minorOf = (v: KubernetesVersion): string => `${v.major}.${v.minor}`;

/** Negative where `a` is older than `b`, 0 where they are equal. */
export function compareVersions(a: KubernetesVersion, b: KubernetesVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** The catalogue's minors, oldest first. */
export function supportedMinors(catalogue: Catalogue): string[] {
  return Object.keys(catalogue.releases).sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
}

export function releaseOf(catalogue: Catalogue, version: KubernetesVersion): KubernetesRelease | undefined {
  return catalogue.releases[minorOf(version)];
}

/**
 * Why a kubelet may not run beside an API server, or undefined where it may.
 * Rule: never newer, and at most three minors older (two before 1.28).
 * Source: kubernetes.io/releases/version-skew-policy.
 */
export function kubeletSkew(kubelet: KubernetesVersion, apiServer: KubernetesVersion): string | undefined {
  if (kubelet.major !== apiServer.major) return 'the major versions differ';
  if (kubelet.minor > apiServer.minor)
    return `kubelet ${formatVersion(kubelet)} is newer than the API server ${formatVersion(apiServer)}`;
  const allowed = apiServer.minor >= 28 ? 3 : 2;
  const behind = apiServer.minor - kubelet.minor;
  if (behind > allowed)
    return `kubelet ${formatVersion(kubelet)} is ${behind} minors older than the API server ${formatVersion(apiServer)}, ${allowed} are allowed`;
  return undefined;
}

/**
 * Why a cluster can't go from one version to another in one operation, or undefined where it can.
 * Rule: kubeadm goes to any patch that is not older, or to the next minor. Source: `kubeadm upgrade`.
 */
export function upgradeSkew(from: KubernetesVersion, to: KubernetesVersion): string | undefined {
  if (compareVersions(to, from) < 0) return `${formatVersion(to)} is older than ${formatVersion(from)}`;
  if (to.major !== from.major) return 'the major versions differ';
  if (to.minor - from.minor > 1)
    return `${formatVersion(from)} to ${formatVersion(to)} skips ${to.minor - from.minor - 1} minor version(s)`;
  return undefined;
}
