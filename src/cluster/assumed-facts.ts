import type { Cluster } from './cluster.ts';
import type { FactsByHost } from './facts.ts';

/** What a plan takes for granted of hosts that nobody looked at: a new Debian 12 that has all it needs; `joined`: and is a node already. */
export function assumedFacts(cluster: Cluster, joined = false): FactsByHost {
  return Object.fromEntries(
    cluster.hosts.map((host) => [
      host.name,
      {
        host: host.name,
        clock: { hostMs: 0, workerMs: 0 },
        os: { id: 'debian', idLike: [], versionId: '12', prettyName: 'Debian GNU/Linux 12 (assumed)' },
        kernel: '6.1.0',
        boot: { loader: 'grub', default: '6.1.0', candidate: cluster.kernel.version, freeMiB: 1000 },
        arch: 'amd64',
        cpus: 4,
        memoryMiB: 8192,
        bootId: host.name,
        machineId: host.name,
        hostname: host.name,
        addresses: [host.address],
        interfaces: [{ name: 'eth0', address: host.address }],
        macs: [],
        disks: [],
        swapTotalKiB: 0,
        cgroupVersion: 2,
        isSystemd: true,
        listening: [],
        selinux: 'disabled',
        packageManager: 'apt',
        unreachable: [],
        resolvedStub: false,
        kubernetes: { joined, manifests: [] },
      },
    ]),
  );
}
