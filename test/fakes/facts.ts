import type { Cluster, Host } from '../../src/cluster/cluster.ts';
import type { Facts, FactsByHost } from '../../src/cluster/facts.ts';

/** Facts of a bare Debian 12 machine; `over` changes what a test is about. */
export const factsOf = (host: Host, over: Partial<Facts> = {}): Facts => ({
  host: host.name,
  clock: { hostMs: 1_000_000, workerMs: 1_000_000 },
  os: { id: 'debian', idLike: [], versionId: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
  kernel: '6.1.0-47-amd64',
  arch: 'amd64',
  cpus: 4,
  memoryMiB: 8192,
  bootId: `boot-${host.name}`,
  machineId: `machine-${host.name}`,
  hostname: host.name,
  addresses: [host.address],
  macs: [],
  disks: [
    { path: '/var/lib', freeMiB: 50_000 },
    { path: '/etc', freeMiB: 50_000 },
  ],
  swapTotalKiB: 0,
  cgroupVersion: 2,
  isSystemd: true,
  listening: [],
  selinux: 'disabled',
  packageManager: 'apt',
  unreachable: [],
  resolvedStub: false,
  kubernetes: { joined: false, manifests: [] },
  ...over,
});

export const bareFacts = (cluster: Cluster, over: Partial<Facts> = {}): FactsByHost =>
  Object.fromEntries(cluster.hosts.map((host) => [host.name, factsOf(host, over)]));
