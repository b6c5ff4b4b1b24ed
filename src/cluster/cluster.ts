import type { ApprovalRule } from './approvals.ts';
import type { Connection, SecretRef } from './connection.ts';
import type { DeclaredSchedule } from './schedule.ts';
import type { KubernetesRelease } from './version.ts';

/** Arguments of a component's command line, name without dashes. */
type ExtraArgs = Record<string, string>;

/** A machine. */
export interface Host {
  /** Name in the cluster file; unique, RFC 1123. */
  name: string;
  /** IP address by which the other hosts and kha reach it. */
  address: string;
  /** Name of its Node object: the host's name, or its address (see `Cluster.nodeNames`). */
  nodeName: string;
  connection: Connection;
}

/** One registry that containerd may pull from, and how. Rendered as certs.d/<host>/hosts.toml. */
export interface Registry {
  /** Registry as it stands in image names, for example `docker.io`. */
  name: string;
  /** URLs tried in order, for example `https://mirror.example.com`. */
  endpoints: string[];
  /** Skip the verification of the endpoint's certificate. */
  insecure: boolean;
  /** PEM file on the hosts that holds the CA of the endpoints. */
  caFile?: string;
}

/** A package repository of the site, for example a mirror of pkgs.k8s.io. */
export interface PackageRepository {
  /** File name in /etc/apt/sources.list.d or /etc/yum.repos.d, without ending. */
  name: string;
  /** Only for hosts with this package manager; absent: for whatever a host has. */
  kind?: 'apt' | 'yum';
  /** For apt: `<url> <suite> [component…]`; for yum: the base URL. */
  url: string;
  suite: string;
  components: string[];
  /** URL of the ASCII-armoured public key; absent: the repository is trusted without a signature. */
  keyUrl?: string;
}

/**
 * The whole declaration of a cluster, complete (defaults filled in) and plain JSON. It holds no secret: credentials are
 * references. Everything that kha does is derived from this document and the hosts' facts.
 */
export interface Cluster {
  name: string;
  nodeNames: 'hostname' | 'address';
  hosts: Host[];
  /** Host names by role. Never empty: masters, etcd. */
  roles: { masters: string[]; workers: string[]; etcd: string[]; lb: string[] };
  kubernetes: {
    /** Without `v`, for example `1.37.2`. */
    version: string;
    /** What is particular to this minor, from config/versions.yaml; derived, never in the file. */
    release: KubernetesRelease;
    /** Registry and path that kubeadm's images come from, for example `registry.k8s.io`. */
    imageRepository: string;
    /** Package version of kubelet, kubeadm and kubectl in the repository, for example `1.37.2-1.1`. */
    packageVersion: string;
    /** Versions of kubernetes-cni and cri-tools; absent: the newest that the repository has. */
    cniPackageVersion?: string;
    criToolsPackageVersion?: string;
    dnsDomain: string;
    podSubnet: string;
    serviceSubnet: string;
    /** Prefix length of a node's part of the pod subnet. */
    nodePrefix: number;
    nodePortRange: string;
    maxPods: number;
    proxyMode: 'iptables' | 'ipvs' | 'nftables';
    kubeletRootDir: string;
    admissionPlugins: { enable: string[]; disable: string[] };
    extraArgs: { apiServer: ExtraArgs; controllerManager: ExtraArgs; scheduler: ExtraArgs; kubelet: ExtraArgs };
    /** Volumes for the static pods of the control plane, kubeadm's `extraVolumes`. */
    extraVolumes: {
      apiServer: ExtraVolume[];
      controllerManager: ExtraVolume[];
      scheduler: ExtraVolume[];
    };
    /** Merged over kha's KubeletConfiguration and KubeProxyConfiguration. */
    kubeletConfiguration: Record<string, unknown>;
    kubeProxyConfiguration: Record<string, unknown>;
    eviction: Record<string, string>;
    kubeReserved: Record<string, string>;
    systemReserved: Record<string, string>;
    audit: {
      enabled: boolean;
      maxAge: number;
      maxBackup: number;
      maxSize: number;
      logPath: string;
      policyFile: string;
      rules?: unknown[];
    };
    encryption: { enabled: boolean; algorithm: 'aescbc' | 'secretbox' | 'aesgcm' };
    monitorGracePeriod: string;
    monitorPeriod: string;
    terminatedPodGcThreshold: number;
    /** kubeadm's --ignore-preflight-errors, as it spells them. */
    ignorePreflightErrors: string[];
  };
  etcd: {
    image: string;
    dataDir: string;
    quotaBytes: number;
    maxRequestBytes: number;
    snapshotCount: number;
    autoCompactionHours: number;
    extraArgs: ExtraArgs;
  };
  loadBalancer: {
    mode: 'nginx' | 'haproxy' | 'envoy' | 'openresty' | 'slb';
    /** Virtual IP of the lb group, or of the external balancer (`slb`); absent: a proxy on every node at 127.0.0.1. */
    address?: string;
    port: number;
    healthPort: number;
    image: string;
    /** Where hosts of the cluster carry the address. */
    keepalived?: {
      image: string;
      /** VRRP's, 1 to 255; one of its own for each address in a network. */
      routerId: number;
    };
  };
  runtime: {
    kind: 'containerd';
    /** Package version pinned in the repository; absent: the newest. */
    packageVersion?: string;
    runcPackageVersion?: string;
    packageName: string;
    storageDir: string;
    stateDir: string;
    oomScore: number;
    logLevel: string;
    maxContainerLogLineSize: number;
    maxGrpcMessageBytes: number;
    snapshotter: string;
    pauseImage: string;
    registries: Registry[];
    /** TOML files that containerd imports, for what a site needs besides. */
    imports: string[];
  };
  network: {
    plugin: 'flannel' | 'calico' | 'none';
    flannel: { backend: 'vxlan' | 'host-gw'; image: string; cniPluginImage: string };
  };
  /** CoreDNS. The writer of kubeadm's configuration splits it into `dns.imageRepository` and `dns.imageTag`. */
  dns: { image: string };
  /** Site registry and path that every image's default comes from; absent: the images' own registries. */
  images: { repository?: string };
  pki: {
    caDays: number;
    leafDays: number;
    etcdCaDays: number;
    etcdLeafDays: number;
    /** Bits of new RSA keys. */
    keySize: 2048 | 3072 | 4096;
    /** More names and addresses of the API server. */
    sans: string[];
  };
  packages: {
    /** Repositories that kha writes; empty: those that the hosts already have. */
    repositories: PackageRepository[];
    /** What the base system gets besides what kha needs. */
    extra: string[];
  };
  proxy: { http?: string; https?: string; no: string[] };
  system: {
    timezone?: string;
    disableFirewall: boolean;
    /** More lines for /etc/hosts: address → names. */
    hosts: Record<string, string[]>;
    sysctls: Record<string, string>;
    kernelModules: string[];
  };
  addons: {
    metricsServer: boolean;
    ingress: 'none' | 'nginx' | 'traefik';
    dashboard: boolean;
    certManager: boolean;
    wait: boolean;
  };
  preflight: {
    minMasterMemoryMiB: number;
    minWorkerMemoryMiB: number;
    minMasterCpus: number;
    minWorkerCpus: number;
    maxClockSkewSeconds: number;
    minDiskMiB: number;
  };
  /** How a node is emptied before it goes or restarts; names as kubectl drain has them. */
  drain: {
    timeoutSeconds: number;
    /** Absent: each pod's own. */
    gracePeriodSeconds?: number;
    deleteEmptyDirData: boolean;
    force: boolean;
  };
  /** What a person is asked for before it is done. */
  approvals: {
    rules: ApprovalRule[];
    /** Is told of requests, reminders, decisions and expiries. */
    webhook?: {
      url: string;
      /** Signs what is sent. */
      secret?: SecretRef;
    };
  };
  maintenance: {
    /** Times at which what is disruptive may begin; empty: always. */
    window: string[];
    /** What one host takes, until one was measured: no other begins later before the end of a window. */
    hostMinutes: number;
    /** How many workers may be away at once: a number, or a share of all as `25%`. Hosts with another role go one by one. */
    maxUnavailable: number | string;
    /** Between the return of a host and the next one's turn. */
    settleSeconds: number;
  };
  /** The kernel that kernel-upgrade brings. */
  kernel: {
    /** As `uname -r` has it, with or without the flavour or architecture at its end; or `newest`. */
    version: string;
    /** Package that follows the newest kernel; absent: what the host has installed, else the one of its flavour. */
    package?: string;
    /** Package files in the place of repositories. */
    files: KernelFile[];
  };
  /** Operations that come back by themselves; absent: none. */
  schedules?: DeclaredSchedule[];
  /** How many hosts work at once. */
  parallelism: number;
  timeouts: { connectSeconds: number; installMinutes: number; readyMinutes: number; rebootMinutes: number };
}

/** A package file of a kernel, or of what goes with one. Hosts take those of their package manager and architecture. */
export interface KernelFile {
  /** `http://`, `https://`, or `file://` with a path on the host. */
  url: string;
  /** In hexadecimal digits; absent: nobody can tell whether it is what it should be. */
  sha256?: string;
}

export interface ExtraVolume {
  name: string;
  hostPath: string;
  mountPath: string;
  readOnly?: boolean;
  pathType?: string;
}

export function hostNamed(cluster: Cluster, name: string): Host {
  const host = cluster.hosts.find((h) => h.name === name);
  if (!host) throw new Error(`no host ${name} in cluster ${cluster.name}`);
  return host;
}

/** The hosts that the cluster had not before; none where that is not known. */
export const comeTo = (cluster: Cluster, before: Cluster | undefined): Host[] =>
  before ? cluster.hosts.filter((host) => !before.hosts.some((h) => h.name === host.name)) : [];

/** The hosts of these names, in file order; all of them where no names are given. */
export const hostsNamed = (cluster: Cluster, names: readonly string[] | undefined): Host[] =>
  names ? cluster.hosts.filter((host) => names.includes(host.name)) : cluster.hosts;
