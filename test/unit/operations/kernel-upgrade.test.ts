import { describe, expect, it } from 'vitest';
import { assumedFacts } from '../../../src/cluster/assumed-facts.ts';
import type { Facts } from '../../../src/cluster/facts.ts';
import { preflight } from '../../../src/cluster/preflight.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { kernelUpgrade } from '../../../src/operations/kernel-upgrade.ts';
import { bootKernel } from '../../../src/steps/boot-kernel.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { findingsOf, loadYaml } from '../config/load.ts';

const cluster = await clusterFrom('{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.4, w2: 10.0.0.5}, masters: [m1]}');
const [OLD, NEW] = ['6.1.0-47-amd64', '6.1.0-56-amd64'];
const boot = { loader: 'grub', default: OLD, candidate: NEW, freeMiB: 1000 };

const factsWith = (more: Record<string, Partial<Facts>> = {}) => {
  const facts = assumedFacts(cluster, true);
  for (const [name, of] of Object.entries(facts)) Object.assign(of, { kernel: OLD, boot }, more[name]);
  return facts;
};
const tasksOf = (more: Record<string, Partial<Facts>> = {}) =>
  makePlan(kernelUpgrade, cluster, factsWith(more)).plan.tasks;
const foundOf = (more: Partial<Facts>, c = cluster) =>
  preflight(c, factsWith({ w1: more }), [], undefined, kernelUpgrade.demands).map((f) => `${f.path}: ${f.message}`);

describe('kernel-upgrade', () => {
  it('brings the packages side by side, then goes host after host', () => {
    const needs = Object.fromEntries(tasksOf().map((t) => [t.id, t.needs]));
    for (const host of ['m1', 'w1', 'w2']) expect(needs[`kernel-packages/${host}`]).toEqual([]);
    expect(needs['check-redundancy/m1']).toEqual(['kernel-packages/m1']);
    expect(needs['check-redundancy/w1']).toEqual(['kernel-packages/w1', 'settle/m1']);
    expect(needs['boot-kernel/w1']).toEqual(['drain/w1']);
    expect(needs['check-health/m1']).toEqual(['settle/w2']);
  });

  it('leaves a host alone that runs the kernel, but for its default entry and a cordon that was forgotten', () => {
    const tasks = tasksOf({ w1: { kernel: NEW } });
    expect(tasks.filter((t) => t.host === 'w1' && !t.skip).map((t) => t.step)).toEqual(['kernel-packages', 'uncordon']);
    expect(new Set(tasks.filter((t) => t.skip).map((t) => t.skip))).toEqual(new Set([`it runs ${NEW} already`]));
    expect(tasks.find((t) => t.id === 'check-redundancy/w2')?.needs).toEqual(['kernel-packages/w2', 'settle/m1']);
  });

  it('asks before its reboot whoever is to be asked before reboots', () => {
    const planned = (before: string) =>
      makePlan(kernelUpgrade, cluster, factsWith({ w1: { kernel: NEW } }), {
        approvals: [{ before, per: 'host', outcome: 'park' }],
      }).plan.tasks;
    const [gate, ...more] = planned('reboot').filter((t) => t.gate);
    expect([gate?.id, ...more.map((t) => t.id)]).toEqual(['approve-reboot/m1', 'approve-reboot/w2']);
    expect(gate?.needs).toEqual(['kernel-packages/m1']);
    expect(gate?.gate).toMatchObject({ hosts: ['m1'], why: bootKernel.why });
    expect(gate?.gate?.guards).toContain('boot-kernel/m1');
    expect(planned('boot-kernel').filter((t) => t.gate)).toHaveLength(2);
  });

  it.each<[string, Partial<Facts>]>([
    [
      `KernelPackages: w1 runs Void, of which kha can't upgrade the kernel.`,
      { os: { id: 'void', idLike: [], versionId: '', prettyName: 'Void' }, packageManager: 'none' },
    ],
    [
      'BootLoader: w1 has no boot loader that kha can set (GRUB with update-grub and grub-set-default, or grubby).',
      { boot: { ...boot, loader: '' } },
    ],
    [
      `KernelCandidate: w1 can't have the kernel newest: there is no package linux-image-9.`,
      { boot: { loader: 'grub', default: OLD, freeMiB: 1000, problem: 'there is no package linux-image-9' } },
    ],
    ['BootSpace: w1 has 90 MiB free at /boot.', { boot: { ...boot, freeMiB: 90 } }],
    ['Systemd: w1 does not run systemd as process 1.', { isSystemd: false }],
  ])('says before anything is touched: %s', (found, more) => {
    expect(foundOf(more)).toEqual([found]);
  });

  it('minds neither memory nor an old kernel, for which it is there', () => {
    expect(foundOf({ memoryMiB: 100, kernel: '3.10.0' })).toEqual([]);
    const rocky = {
      id: 'rocky',
      idLike: ['rhel', 'centos', 'fedora'],
      versionId: '9.4',
      prettyName: 'Rocky Linux 9.4',
    };
    expect(foundOf({ os: rocky, packageManager: 'dnf', boot: { ...boot, loader: 'grubby' } })).toEqual([]);
  });

  it('says which hosts no package file is for', () => {
    const files = [{ url: 'file:///srv/kernel-lt-5.4.92-1.el7.elrepo.x86_64.rpm', sha256: '0'.repeat(64) }];
    const [first] = foundOf({}, { ...cluster, kernel: { version: 'newest', files } });
    expect(first).toBe('KernelCandidate: m1 has no kernel among kernel.files: none is of its kind (.deb, amd64).');
  });
});

describe('kernel in a cluster file', () => {
  const findings = (kernel: string): Promise<string[]> =>
    findingsOf(loadYaml(`name: t\nhosts: { m1: 10.0.0.1 }\nkernel:\n${kernel}`));
  const sha256 = 'a'.repeat(64);

  it('warns of files without a checksum, and takes those with one', async () => {
    const url = 'http://m.example.com/linux-image-6.1.0-56-amd64_6.1.192-2_amd64.deb';
    expect(await findings(`  files:\n    - { url: "${url}", sha256: ${sha256} }\n`)).toEqual([]);
    expect(await findings(`  files:\n    - { url: "${url}" }\n`)).toEqual([
      expect.stringMatching(/^5:7 warning: Nobody can tell whether linux-image-6.*has no checksum.*plain http/),
    ]);
  });

  it.each([
    ['  version: latest\n', '4:12 error: `kernel.version` must be newest'],
    ['  files: [{ url: "http://m.example.com/kernel.tar" }]\n', '4:18 error: `kernel.files[0].url` must be a URL'],
    [
      '  files: [{ url: "http://u:p@m.example.com/k_1_amd64.deb" }]\n',
      '4:18 error: `kernel.files[0].url` must not carry a user',
    ],
    ['  files: [{ url: "file:///a/../k_1_amd64.deb" }]\n', '4:18 error: `kernel.files[0].url` must be a URL'],
    [
      `  version: 6.1.0-56\n  files: [{ url: "file:///k_1_amd64.deb", sha256: ${sha256} }]\n`,
      '4:12 error: Both a version and',
    ],
  ])('refuses %j', async (kernel, message) => {
    expect((await findings(kernel)).map((f) => f.slice(0, message.length))).toEqual([message]);
  });
});
