/** What was read on a host; plain JSON, gathered anew for every operation. */
export interface Facts {
  host: string;
  /** The host's clock, and the worker's at the same moment: ms since the epoch. */
  clock: { hostMs: number; workerMs: number };
  os: { id: string; idLike: string[]; versionId: string; prettyName: string };
  kernel: string;
  /** As Debian spells it: `amd64`, `arm64`, … */
  arch: string;
  cpus: number;
  memoryMiB: number;
  bootId: string;
  /** The last reboot that kha asked for: by which run of an operation, and the boot id before. */
  reboot?: { run: string; before: string };
  /** For an operation that asks: what the host boots, and which kernel it could have. */
  boot?: {
    /** Empty: none that kha knows. */
    loader: string;
    /** Release that the default entry boots; empty where that can't be told. */
    default: string;
    /** Release that the declaration asks for, as the host's repositories have it. */
    candidate?: string;
    /** Why there is none. */
    problem?: string;
    /** Free space of /boot. */
    freeMiB: number;
  };
  machineId: string;
  hostname: string;
  /** Addresses of all interfaces. */
  addresses: string[];
  /** Interfaces with their addresses, a pair each. */
  interfaces: { name: string; address: string }[];
  /** MAC addresses of interfaces that carry the host's address. */
  macs: string[];
  /** Free MiB by mount of: /var/lib, /etc. */
  disks: { path: string; freeMiB: number }[];
  swapTotalKiB: number;
  cgroupVersion: 1 | 2;
  isSystemd: boolean;
  /** Ports in LISTEN state with the program, where it could be told. */
  listening: { port: number; program: string }[];
  selinux: 'enforcing' | 'permissive' | 'disabled';
  packageManager: 'apt' | 'dnf' | 'yum' | 'none';
  /** Address and port pairs (other hosts, mirrors) that could not be reached. */
  unreachable: string[];
  /** Is the resolver a systemd-resolved stub (then kubelet needs its real resolv.conf). */
  resolvedStub: boolean;
  kubernetes: {
    kubeletVersion?: string;
    kubeadmVersion?: string;
    /** /etc/kubernetes/kubelet.conf is there. */
    joined: boolean;
    /** Names of manifests in /etc/kubernetes/manifests. */
    manifests: string[];
    /** SHA-256 of the manifest of kha's load balancer. */
    loadBalancer?: string;
  };
  /** `initial-cluster-state` of the etcd configuration that kha wrote; absent: no such file. */
  etcd?: {
    state: 'new' | 'existing';
    /** What the member that runs here tells of itself: revision of its keys, and whether it knows a leader. */
    member?: { revision: number; hasLeader: boolean };
    /** When a snapshot was written that an operator laid into the data directory, seconds since the epoch. */
    snapshot?: number;
  };
}

/** Facts of all hosts by host name. A host that could not be read is absent. */
export type FactsByHost = Record<string, Facts>;

/** Name of the interface that has an address; empty where none has (preflight looks for that). */
export const interfaceOf = (facts: Facts | undefined, address: string): string =>
  facts?.interfaces.find((i) => i.address === address)?.name ?? '';
