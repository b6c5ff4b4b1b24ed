import { describe, expect, it } from 'vitest';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import type { Role } from '../../../src/cluster/role.ts';
import { removeRole } from '../../../src/config/remove-role.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { removeEtcd } from '../../../src/operations/remove-etcd.ts';
import { removeMaster } from '../../../src/operations/remove-master.ts';
import { removeWorker } from '../../../src/operations/remove-worker.ts';
import { leaveRole } from '../../../src/steps/leave-role.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

const before = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, w1: 10.0.0.4, w2: 10.0.0.5}, masters: [m1, m2], workers: [w1, w2, m2], etcd: [m1, m2, w1]}',
);
const next = (role: Role, name: string) => removeRole(before, role, [name]);
const gone = (role: Role, name: string): string[] =>
  (
    leaveRole.effects?.(
      { cluster: before, next: next(role, name), facts: bareFacts(before), targets: [] },
      hostNamed(before, name),
    ) ?? []
  ).flatMap((e) => (e.kind === 'absent' ? [e.path] : []));

describe('a host that gives a role up', () => {
  it('keeps no key of a master, but what nodes and members of etcd need', () => {
    const paths = gone('master', 'm2');
    for (const path of [
      '/etc/kubernetes/manifests/kube-apiserver.yaml',
      '/etc/kubernetes/admin.conf',
      '/etc/kubernetes/super-admin.conf',
      '/etc/kubernetes/pki/ca.key',
      '/etc/kubernetes/pki/sa.key',
      '/etc/kubernetes/pki/apiserver.key',
      '/etc/kubernetes/pki/apiserver-etcd-client.key',
    ])
      expect(paths).toContain(path);
    for (const path of ['/etc/kubernetes/pki/ca.crt', '/etc/kubernetes/pki/etcd/ca.crt', before.etcd.dataDir])
      expect(paths).not.toContain(path);
    expect(paths.filter((p) => p.startsWith('/var/lib/kubelet'))).toEqual([]);
  });

  it('keeps nothing of etcd, but what its API server asks it with', () => {
    expect(gone('etcd', 'm2')).toEqual(
      expect.arrayContaining([
        '/etc/kubernetes/manifests/etcd-external.yaml',
        before.etcd.dataDir,
        '/etc/kubernetes/pki/etcd/server.key',
      ]),
    );
    expect(gone('etcd', 'm2')).not.toContain('/etc/kubernetes/pki/etcd/ca.crt');
    expect(gone('etcd', 'm2')).not.toContain('/etc/kubernetes/pki/apiserver-etcd-client.key');
    expect(gone('etcd', 'w1')).toContain('/etc/kubernetes/pki/etcd/ca.crt');
  });

  const plan = (operation: Parameters<typeof makePlan>[0], role: Role, name: string) =>
    makePlan(operation, next(role, name), bareFacts(before), { leaving: { names: [name], before } }).plan.tasks;

  it('does so when nobody asks for what runs there any more', () => {
    const needs = (tasks: ReturnType<typeof plan>) => tasks.find((t) => t.id === 'leave-role/m2')?.needs;
    expect(needs(plan(removeMaster, 'master', 'm2'))).toEqual(before.hosts.map((h) => `tell-all/${h.name}`).sort());
    // One after another; the last of them stands for all.
    expect(needs(plan(removeEtcd, 'etcd', 'm2'))).toEqual(['api-server-etcd/m2']);
  });

  it('takes pods again only when it keeps off those that it shall not have', () => {
    const tasks = plan(removeWorker, 'worker', 'm2');
    expect(tasks.map((t) => t.step)).toEqual(['drain', 'node-labels', 'uncordon', 'check-health']);
    expect(tasks.find((t) => t.step === 'uncordon')?.needs).toEqual(['drain/m2', 'node-labels/m1']);
  });
});
