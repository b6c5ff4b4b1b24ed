import { boots, type LabHost } from '../../lab/lab.ts';
import { waitUntil } from '../../lab/wait.ts';
import { judgeCluster, kubeadmCalls, kubeadmSuccesses, onHost } from '../lab/kha.ts';
import { faultNamed } from './faults/registry.ts';
import type { Scenario } from './scenario.ts';

/** What is expected of the hosts when an operation has ended. */
export interface Expected {
  scenario: Scenario;
  /** Masters first. */
  hosts: LabHost[];
  /** How often each host was reset. */
  resets: ReadonlyMap<string, number>;
}

/** Asks hosts, kubectl and etcdctl, not kha. Returns what is wrong, as sentences. */
export async function audit(expected: Expected): Promise<string[]> {
  const checks = [healthy, kubeadmOnce, membersOnce, packagesOnce, rebootsOnce, nothingLeft];
  const found = await Promise.all(
    checks.map((check) => check(expected).catch((error: unknown) => [`${check.name}: ${String(error)}`])),
  );
  return found.flat();
}

async function healthy({ scenario, hosts }: Expected): Promise<string[]> {
  const names = hosts.map((_, i) => (i < scenario.masters ? `m${i + 1}` : `w${i - scenario.masters + 1}`));
  const first = hosts[0]?.name ?? '';
  // A component that lost its lease on a busy machine is started again within moments.
  let last: unknown;
  const judged = (): Promise<boolean> =>
    judgeCluster({ master: first, etcd: first }, names, scenario.masters).then(
      () => true,
      (error: unknown) => {
        last = error;
        return false;
      },
    );
  return (await waitUntil(judged, 60, 2000)) ? [] : [`not healthy: ${String(last)}`];
}

/** One call each where nothing was done to commands; else one that ended well, and no more than the faults explain. */
async function kubeadmOnce({ scenario, hosts }: Expected): Promise<string[]> {
  const isGentle = scenario.faults.every(({ fault }) => faultNamed(fault).spares === 'all commands');
  const problems = hosts.map(async ({ name }, i) => {
    const [mine, other] = i === 0 ? (['init', 'join'] as const) : (['join', 'init'] as const);
    const [calls, good, wrong] = [
      await kubeadmCalls(name, mine),
      await kubeadmSuccesses(name, mine),
      await kubeadmCalls(name, other),
    ];
    if (good === 1 && wrong === 0 && (calls === 1 || !isGentle)) return [];
    return [`${name}: kubeadm ${mine} was called ${calls} times, ended well ${good} times; ${other} ${wrong} times`];
  });
  return (await Promise.all(problems)).flat();
}

/** Each master is a voting member of etcd, once; none was ever added or removed after the cluster was formed. */
async function membersOnce({ scenario, hosts }: Expected): Promise<string[]> {
  const pki = '/etc/kubernetes/pki/etcd';
  const text = await onHost(
    hosts[0]?.name ?? '',
    `crictl exec $(crictl ps -q --name '^etcd$' | head -n 1) etcdctl --cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key member list -w json`,
  );
  const { members } = JSON.parse(text) as { members: { name?: string; isLearner?: boolean; peerURLs: string[] }[] };
  const names = members.map((m) => m.name ?? '?').sort();
  const wanted = Array.from({ length: scenario.masters }, (_, i) => `m${i + 1}`);
  if (names.join() !== wanted.join() || members.some((m) => m.isLearner))
    return [`etcd has the members ${names.join(', ')}; expected ${wanted.join(', ')}`];
  const made = await Promise.all(
    hosts.slice(0, scenario.masters).map(async ({ name }) => {
      const walls = Number(await onHost(name, 'ls /var/lib/etcd/member/wal/0000000000000000-*.wal | wc -l'));
      return walls === 1 ? [] : [`${name}: ${walls} first files of etcd's log`];
    }),
  );
  return made.flat();
}

/** A package is installed once, unless a power cut or a full disk stopped dpkg in the middle. */
async function packagesOnce({ scenario, hosts, resets }: Expected): Promise<string[]> {
  const hasFullDisk = scenario.faults.some(({ fault }) => fault === 'disk-full');
  const found = await Promise.all(
    hosts.map(async ({ name }, i) => {
      if ((resets.get(name) ?? 0) > 0 || (hasFullDisk && i === hosts.length - 1)) return [];
      const twice = await onHost(
        name,
        `cat /var/log/dpkg.log 2>/dev/null | awk '$3 == "install" { print $4 }' | sort | uniq -d | tr '\\n' ' '`,
      );
      return twice === '' ? [] : [`${name}: installed more than once: ${twice}`];
    }),
  );
  return found.flat();
}

async function rebootsOnce({ hosts, resets }: Expected): Promise<string[]> {
  return hosts.flatMap(({ name }) => {
    const [found, wanted] = [boots(name), resets.get(name) ?? 0];
    return found === wanted ? [] : [`${name} went down ${found} times; ${wanted} were meant`];
  });
}

/** No job, no unit of one, no temporary file but those of systemd, runc and kubelet's start, no secret in memory, no unit that failed. */
async function nothingLeft({ hosts }: Expected): Promise<string[]> {
  const places = {
    jobs: 'find /var/lib/kha/jobs /run/kha -mindepth 1 2>/dev/null',
    'temporary files': `find /etc /usr /opt /var/lib /root -xdev \\( -name '*kha-new*' -o -name '*.kha-tmp*' \\) 2>/dev/null; find /tmp /var/tmp -mindepth 1 -maxdepth 1 ! -name 'systemd-private-*' ! -name '.*-unix' ! -name 'runc-process*' ! -name 'kubelet-detect-safe-umount*' 2>/dev/null`,
    units: `systemctl list-units --all --plain --no-legend 'kha-*' | awk '{print $1, $4}'; systemctl --failed --plain --no-legend | awk '{print $1, "failed"}'`,
  };
  const found = await Promise.all(
    hosts.flatMap(({ name }) =>
      Object.entries(places).map(async ([what, command]) => {
        const left = await onHost(name, `${command} || :`);
        return left === '' ? [] : [`${name}: ${what} left: ${left.split('\n').slice(0, 5).join('; ')}`];
      }),
    ),
  );
  return found.flat();
}
