import { describe, expect, it, test } from 'vitest';
import type { Facts } from '../../../src/cluster/facts.ts';
import { checks, preflight } from '../../../src/cluster/preflight.ts';
import { goldenCluster } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

const cluster = await goldenCluster('m-master-hostname');
const good = bareFacts(cluster);
const [m1 = '', m2 = ''] = cluster.roles.masters;
const [w1 = ''] = cluster.roles.workers;

/** Facts where one host differs. */
const but = (host: string, over: Partial<Facts>) => {
  const facts = good[host];
  if (!facts) throw new Error(`no host ${host}`);
  return { ...good, [host]: { ...facts, ...over } };
};
const errors = (facts: typeof good, ignore: string[] = []) =>
  preflight(cluster, facts, ignore)
    .filter((f) => f.severity === 'error')
    .map((f) => `${f.path}: ${f.message}`);

test('bare hosts that are as they must be have no finding', () => expect(preflight(cluster, good, [])).toEqual([]));

const os = { id: 'alpine', idLike: [], versionId: '3.20', prettyName: 'Alpine Linux v3.20' };
const kubernetes = { joined: false, manifests: ['etcd-external.yaml'] };
const bad: [string, typeof good, string[]][] = [
  ['a system that kha does not know', but(w1, { os }), [`OS: ${w1} runs Alpine Linux v3.20.`]],
  [
    'an old Debian',
    but(w1, { os: { ...os, id: 'debian', versionId: '10', prettyName: 'Debian 10' } }),
    [`OS: ${w1} runs Debian 10.`],
  ],
  ['no systemd', but(w1, { isSystemd: false }), [`Systemd: ${w1} does not run systemd as process 1.`]],
  ['another architecture', but(w1, { arch: 'riscv64' }), [`Arch: ${w1} has the architecture riscv64.`]],
  ['an old kernel', but(w1, { kernel: '3.10.0-1160.el7' }), [`Kernel: ${w1} runs kernel 3.10.0-1160.el7.`]],
  ['one CPU on a master', but(m1, { cpus: 1 }), [`NumCPU: ${m1} has 1 CPUs.`]],
  ['little memory', but(m1, { memoryMiB: 512 }), [`Mem: ${m1} has 512 MiB of memory.`]],
  [
    'a full disk',
    but(w1, { disks: [{ path: '/var/lib', freeMiB: 12 }] }),
    [`Disk: ${w1} has 12 MiB free at /var/lib.`],
  ],
  [
    'another address',
    but(w1, { addresses: ['192.0.2.7', 'fe80::1'] }),
    [`Address: ${w1} has no interface with ${cluster.hosts.find((h) => h.name === w1)?.address}, only 192.0.2.7.`],
  ],
  [
    'a port that is taken, by whatever program',
    but(m1, { listening: [{ port: 6443, program: 'nginx' }] }),
    [`Port: ${m1} has port 6443 taken by nginx.`],
  ],
  ['ports that our own pods hold', but(m1, { listening: [{ port: 2379, program: 'etcd' }], kubernetes }), []],
  [
    'hosts that do not reach each other',
    but(w1, { unreachable: ['10.0.0.1:22'] }),
    [`Reachable: ${w1} can't reach 10.0.0.1:22.`],
  ],
  [
    'a clock that is off',
    but(w1, { clock: { hostMs: 1_120_000, workerMs: 1_000_000 } }),
    [`Clock: ${w1} has a clock that is 120 s off the others'.`],
  ],
  ['two hosts of one name', but(m2, { hostname: m1 }), [`Hostname: ${m1}, ${m2} all call themselves ${m1}.`]],
  [
    'cloned machines',
    but(m2, { machineId: good[m1]?.machineId ?? '' }),
    [`MachineId: ${m1}, ${m2} have the same /etc/machine-id.`],
  ],
  ['a bond that repeats its own address', but(m1, { macs: ['02:00:00:00:00:01', '02:00:00:00:00:01'] }), []],
];
test.each(bad)('%s', (_, facts, found) => expect(errors(facts)).toEqual(found));

test('two hosts of one MAC address', () => {
  const facts = { ...but(m1, { macs: ['02:aa'] }), [m2]: { ...but(m2, { macs: ['02:aa'] })[m2] } } as typeof good;
  expect(errors(facts)).toEqual([`Mac: ${m1}, ${m2} have the same MAC address 02:aa.`]);
});

describe('an operation on some hosts', () => {
  const found = (facts: typeof good, targets: string[]) => preflight(cluster, facts, [], targets).map((f) => f.path);

  it('is not kept by what is wrong elsewhere', () => {
    const ill = {
      ...but(m1, { cpus: 1, clock: { hostMs: 1_120_000, workerMs: 1_000_000 } }),
      [w1]: good[w1],
    } as typeof good;
    expect(found(ill, [w1])).toEqual([]);
    expect(found(ill, [m1])).toEqual(['NumCPU', 'Clock']);
  });

  it('does not ask of a host to reach one that does not answer kha either', () => {
    const address = cluster.hosts.find((h) => h.name === m2)?.address ?? '';
    const { [m2]: _, ...answering } = but(w1, { unreachable: [`${address}:22`] });
    expect(found(answering, [w1])).toEqual([]);
    expect(found(but(w1, { unreachable: [`${address}:22`] }), [w1])).toEqual(['Reachable']);
  });

  it('minds two hosts that can not live side by side', () => {
    expect(found(but(m2, { machineId: good[m1]?.machineId ?? '' }), [m2])).toEqual(['MachineId']);
  });
});

describe('--ignore-preflight-errors', () => {
  const facts = but(m1, { cpus: 1, isSystemd: false });
  it('makes a warning of what it names, in any case of letters', () => {
    expect(errors(facts, ['numcpu'])).toEqual([`Systemd: ${m1} does not run systemd as process 1.`]);
    expect(preflight(cluster, facts, ['numcpu']).map((f) => f.severity)).toContain('warning');
  });
  it('takes all', () => expect(errors(facts, ['all'])).toEqual([]));
  it('is named in each error as the way out', () => {
    for (const { hint, path } of preflight(cluster, facts, []))
      expect(hint).toContain(`--ignore-preflight-errors=${path}`);
  });
});

test('each check has a name and a reason', () => {
  expect(new Set(checks.map((c) => c.id)).size).toBe(checks.length);
  for (const { why } of checks) expect(why).toMatch(/^\S.*\.$/);
});
