import { secondsOff } from './clock.ts';
import type { Cluster, Host } from './cluster.ts';
import type { Finding } from './error.ts';
import type { Facts, FactsByHost } from './facts.ts';
import { hasLoadBalancer, isEtcd, isLb, isMaster } from './role.ts';

/** One thing that is looked at before anything is touched. Pure: facts in, findings out. */
export interface Check {
  /** Name for --ignore-preflight-errors; kubeadm's own name where it has one. */
  id: string;
  why: string;
  /** Findings on one host; `found` says what is wrong, `hint` the way out. */
  host?: (cluster: Cluster, host: Host, facts: Facts, all: FactsByHost) => { found: string; hint: string } | undefined;
  /** Findings on the hosts together. */
  cluster?: (cluster: Cluster, facts: FactsByHost) => { host?: string; found: string; hint: string }[];
}

const supported: Record<string, number> = { debian: 11, ubuntu: 20.04 };
/** Ports that a role needs free before the first run; afterwards it is our own programs that hold them. */
function portsOf(cluster: Cluster, host: Host): number[] {
  const ports = [10250];
  if (isMaster(cluster, host)) ports.push(6443, 10257, 10259);
  if (isEtcd(cluster, host)) ports.push(2379, 2380);
  if (hasLoadBalancer(cluster, host)) ports.push(cluster.loadBalancer.port, cluster.loadBalancer.healthPort);
  return ports;
}

/** Values that several hosts share, with those hosts; bonds and VLANs repeat a value on one host, which is no matter. */
const duplicates = (values: { host: string; value: string }[]): [string, string[]][] => {
  const by = new Map<string, Set<string>>();
  for (const { host, value } of values) if (value !== '') by.set(value, (by.get(value) ?? new Set()).add(host));
  return [...by].filter(([, hosts]) => hosts.size > 1).map(([value, hosts]) => [value, [...hosts]]);
};

export const checks: Check[] = [
  {
    id: 'OS',
    why: 'kha installs packages of the distributions that it knows.',
    host: (_, __, f) => {
      const least = supported[f.os.id];
      if (least === undefined)
        return {
          found: `runs ${f.os.prettyName || f.os.id || 'an unknown system'}`,
          hint: `Supported are ${Object.entries(supported)
            .map(([k, v]) => `${k} ${v} or newer`)
            .join(', ')}.`,
        };
      return Number(f.os.versionId) < least
        ? { found: `runs ${f.os.prettyName}`, hint: `${f.os.id} ${least} or newer is needed.` }
        : undefined;
    },
  },
  {
    id: 'Systemd',
    why: 'Services and long commands run under systemd.',
    host: (_, __, f) =>
      f.isSystemd
        ? undefined
        : { found: 'does not run systemd as process 1', hint: 'Use a host that was booted with systemd.' },
  },
  {
    id: 'Arch',
    why: 'Images and packages are made for amd64 and arm64.',
    host: (_, __, f) =>
      f.arch === 'amd64' || f.arch === 'arm64'
        ? undefined
        : { found: `has the architecture ${f.arch}`, hint: 'amd64 and arm64 are supported.' },
  },
  {
    id: 'Kernel',
    why: 'Containers need a kernel of at least 3.10, cgroup v2 one of at least 4.15.',
    host: (_, __, f) => {
      const [major = 0, minor = 0] = f.kernel.split('.').map(Number);
      return major > 4 || (major === 4 && minor >= 15)
        ? undefined
        : { found: `runs kernel ${f.kernel}`, hint: 'Upgrade the kernel to 4.15 or newer.' };
    },
  },
  {
    id: 'NumCPU',
    why: 'The control plane starves on one CPU.',
    host: (c, h, f) => {
      const least = isMaster(c, h) ? c.preflight.minMasterCpus : c.preflight.minWorkerCpus;
      return f.cpus >= least
        ? undefined
        : { found: `has ${f.cpus} CPUs`, hint: `${least} are asked for (preflight.min…Cpus).` };
    },
  },
  {
    id: 'Mem',
    why: 'The control plane and kubelet need memory to start at all.',
    host: (c, h, f) => {
      const least = isMaster(c, h) ? c.preflight.minMasterMemoryMiB : c.preflight.minWorkerMemoryMiB;
      return f.memoryMiB >= least
        ? undefined
        : { found: `has ${f.memoryMiB} MiB of memory`, hint: `${least} MiB are asked for (preflight.min…MemoryMiB).` };
    },
  },
  {
    id: 'Disk',
    why: 'Images and etcd fill a small disk at once.',
    host: (c, _, f) => {
      const small = f.disks.find((d) => d.path === '/var/lib' && d.freeMiB < c.preflight.minDiskMiB);
      return (
        small && {
          found: `has ${small.freeMiB} MiB free at ${small.path}`,
          hint: `${c.preflight.minDiskMiB} MiB are asked for (preflight.minDiskMiB).`,
        }
      );
    },
  },
  {
    id: 'Address',
    why: 'Certificates and etcd peers name the address of the file.',
    host: (_, h, f) =>
      f.addresses.includes(h.address)
        ? undefined
        : {
            found: `has no interface with ${h.address}, only ${f.addresses.filter((a) => !a.startsWith('fe80')).join(', ')}`,
            hint: 'Give the address by which the hosts reach each other.',
          },
  },
  {
    id: 'VirtualAddress',
    why: 'The virtual address moves between the load balancer hosts; nobody else may have it.',
    host: (c, h, f) =>
      c.loadBalancer.address === undefined || isLb(c, h) || !f.addresses.includes(c.loadBalancer.address)
        ? undefined
        : {
            found: `has the address ${c.loadBalancer.address} of the load balancer`,
            hint: 'Take it off the host, or choose another `loadBalancer.address`.',
          },
  },
  {
    id: 'Port',
    why: 'Another program on a port of Kubernetes keeps ours from starting.',
    host: (c, h, f) => {
      if (f.kubernetes.joined || f.kubernetes.manifests.length > 0) return undefined;
      const taken = f.listening.filter((l) => portsOf(c, h).includes(l.port));
      return taken.length === 0
        ? undefined
        : {
            found: `has ${[...new Set(taken.map((t) => `port ${t.port} taken by ${t.program}`))].join(', ')}`,
            hint: 'Stop that program, or choose another port in the cluster file.',
          };
    },
  },
  {
    id: 'Reachable',
    why: 'Hosts talk to the masters, to etcd and to the mirrors.',
    host: (c, _, f, all) => {
      // Who does not answer kha either is no matter of this host.
      const silent = c.hosts.filter((h) => !all[h.name]).map((h) => `${h.address}:${h.connection.port}`);
      const missed = f.unreachable.filter((target) => !silent.includes(target));
      return missed.length === 0
        ? undefined
        : {
            found: `can't reach ${missed.join(', ')}`,
            hint: 'Check routes and firewalls between the hosts, and that the mirrors are up.',
          };
    },
  },
  {
    id: 'Clock',
    why: 'Certificates, leases and etcd go wrong when clocks differ.',
    cluster: (c, facts) => {
      return Object.values(facts).flatMap((f) => {
        const off = secondsOff(c, facts, f.clock);
        if (off === undefined) return [];
        return [
          {
            host: f.host,
            found: `has a clock that is ${off} s off the others'`,
            hint: 'Synchronise it (chrony, systemd-timesyncd).',
          },
        ];
      });
    },
  },
  {
    id: 'Hostname',
    why: 'Two nodes of one name overwrite each other.',
    cluster: (c, facts) =>
      c.nodeNames === 'address'
        ? []
        : duplicates(Object.values(facts).map((f) => ({ host: f.host, value: f.hostname }))).map(([name, hosts]) => ({
            found: `${hosts.join(', ')} all call themselves ${name}`,
            hint: 'Give each host a name of its own (hostnamectl set-hostname).',
          })),
  },
  {
    id: 'MachineId',
    why: 'Cloned machines share an id, and with it addresses by DHCP and pod network identities.',
    cluster: (_, facts) =>
      duplicates(Object.values(facts).map((f) => ({ host: f.host, value: f.machineId }))).map(([, hosts]) => ({
        found: `${hosts.join(', ')} have the same /etc/machine-id`,
        hint: 'On each but one: rm /etc/machine-id && systemd-machine-id-setup, then reboot.',
      })),
  },
  {
    id: 'Mac',
    why: 'Two hosts of one MAC address can not talk in one network.',
    cluster: (_, facts) =>
      duplicates(Object.values(facts).flatMap((f) => f.macs.map((value) => ({ host: f.host, value })))).map(
        ([mac, hosts]) => ({
          found: `${hosts.join(', ')} have the same MAC address ${mac}`,
          hint: 'Give each virtual machine a MAC address of its own.',
        }),
      ),
  },
];

/** Checks of a new member that another operation has use for, too. */
export const checksNamed = (...ids: string[]): Check[] => checks.filter(({ id }) => ids.includes(id));

/**
 * Runs these checks, by default those of hosts that become members. What `ignore` names (kubeadm's spelling, any case, or `all`) becomes a warning. What is found on hosts that are
 * no targets (absent: all are) does not matter.
 */
export function preflight(
  cluster: Cluster,
  facts: FactsByHost,
  ignore: readonly string[],
  targets?: readonly string[],
  demands: readonly Check[] = checks,
): Finding[] {
  const ignored = new Set(ignore.map((i) => i.toLowerCase()));
  const findings: Finding[] = [];
  const add = (check: Check, host: string | undefined, found: string, hint: string): void => {
    const soft = ignored.has('all') || ignored.has(check.id.toLowerCase());
    findings.push({
      severity: soft ? 'warning' : 'error',
      path: check.id,
      message: `${host ? `${host} ` : ''}${found}.`,
      hint: soft ? hint : `${hint} Or --ignore-preflight-errors=${check.id}.`,
    });
  };
  const matters = (host: string): boolean => targets === undefined || targets.includes(host);
  for (const check of demands) {
    for (const host of cluster.hosts.filter((h) => matters(h.name))) {
      const of = facts[host.name];
      const bad = of && check.host?.(cluster, host, of, facts);
      if (bad) add(check, host.name, bad.found, bad.hint);
    }
    for (const bad of check.cluster?.(cluster, facts) ?? [])
      if (bad.host === undefined || matters(bad.host)) add(check, bad.host, bad.found, bad.hint);
  }
  return findings;
}
