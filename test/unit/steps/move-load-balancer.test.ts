import { describe, expect, it } from 'vitest';
import { hostsToRead } from '../../../src/activities/standing-cluster.ts';
import { type Cluster, hostNamed } from '../../../src/cluster/cluster.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { configureLoadBalancer } from '../../../src/operations/configure-load-balancer.ts';
import { newBalancers } from '../../../src/steps/new-balancers.ts';
import { oldBalancers } from '../../../src/steps/old-balancers.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

const hosts = 'm1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4, w2: 10.0.0.5';
const roles = 'masters: [m1, m2, m3], workers: [w1, w2]';
const local = await clusterFrom(`{name: t, hosts: {${hosts}}, ${roles}}`);
const virtual = await clusterFrom(
  `{name: t, hosts: {${hosts}, l1: 10.0.0.6}, ${roles}, loadBalancer: {hosts: [w2, l1], address: 10.0.0.9}}`,
);
const external = await clusterFrom(
  `{name: t, hosts: {${hosts}}, ${roles}, loadBalancer: {mode: slb, address: 10.0.0.8}}`,
);
const joined = (cluster: Cluster, manifests: string[] = []) =>
  bareFacts(cluster, { kubernetes: { joined: true, manifests } });
const plan = (before: Cluster, after: Cluster, facts = { ...joined(after), ...joined(before) }) => {
  const names = before.hosts.map((h) => h.name).filter((n) => !after.hosts.some((h) => h.name === n));
  return makePlan(configureLoadBalancer, after, facts, { leaving: { names, before } }).plan.tasks;
};
const on = (tasks: ReturnType<typeof plan>, step: string): string[] =>
  tasks.filter((t) => t.step === step && !t.skip).map((t) => t.host);
/** Is one of them over before the other begins? */
const isBefore = (tasks: ReturnType<typeof plan>, first: string, then: string): boolean => {
  const needs = tasks.find((t) => t.id === then)?.needs ?? [];
  return needs.includes(first) || needs.some((need) => isBefore(tasks, first, need));
};

describe('a cluster goes another way to its API', () => {
  it('where the new way stands before anybody goes by it, and the old one until nobody does', () => {
    for (const [before, after] of [
      [local, virtual],
      [virtual, local],
      [local, external],
      [external, virtual],
    ] as const) {
      const tasks = plan(before, after);
      const ids = (step: string): string[] => tasks.filter((t) => t.step === step).map((t) => t.id);
      const follow = [...ids('kubelets'), ...ids('credentials'), ...ids('cluster-endpoint')];
      for (const client of follow) {
        for (const stand of [
          ...ids('certify-address'),
          ...ids('new-balancers').filter((id) => !tasks.find((t) => t.id === id)?.skip),
          ...ids('check-endpoint'),
        ])
          expect(isBefore(tasks, stand, client), `${stand} ${client}`).toBe(true);
        for (const old of [...ids('old-balancers'), ...ids('tell-all'), ...ids('reset-host')])
          expect(isBefore(tasks, client, old), `${client} ${old}`).toBe(true);
      }
    }
  });

  it('on the hosts that it concerns', () => {
    const there = plan(local, virtual);
    expect(on(there, 'new-balancers')).toEqual(['w2', 'l1']);
    expect(on(there, 'base-system')).toEqual(['l1']);
    expect(on(there, 'kubelets')).toEqual(['m1', 'm2', 'm3', 'w1', 'w2']);
    expect(on(there, 'old-balancers')).toEqual(['m1', 'm2', 'm3', 'w1']);
    const back = plan(virtual, local);
    expect(on(back, 'reset-host')).toEqual(['l1']);
    expect(on(back, 'base-system')).toEqual([]);
    expect(on(plan(local, external), 'new-balancers')).toEqual([]);
  });

  it('without those that do not answer, who are told how to follow', () => {
    const { w1: _, ...facts } = joined(local);
    const tasks = plan(local, external, facts);
    for (const step of ['check-endpoint', 'kubelets', 'old-balancers'])
      expect(tasks.find((t) => t.id === `${step}/w1`)?.skip).toContain(
        'kha start-workflow configure-load-balancer --cluster t',
      );
    expect(hostsToRead(configureLoadBalancer, virtual, { leaving: [], before: local })).toEqual({
      hosts: ['l1'],
      helpers: ['m1', 'm2', 'm3', 'w1', 'w2'],
    });
  });

  it('where a proxy goes on for those that come by the virtual address, while it serves its host already', () => {
    const context = { cluster: local, next: local, targets: [], facts: joined(local, ['kha-keepalived.yaml']) };
    expect(newBalancers.skipWhen?.(context, hostNamed(local, 'w2'))).toContain('as well');
    expect(newBalancers.skipWhen?.({ ...context, facts: joined(local) }, hostNamed(local, 'w2'))).toBe(false);
  });

  it('and leaves nothing of the old one', () => {
    const gone = (cluster: Cluster): string[] =>
      (
        oldBalancers.effects?.(
          { cluster, next: cluster, targets: [], facts: joined(cluster) },
          hostNamed(cluster, 'w1'),
        ) ?? []
      ).flatMap((e) => (e.kind === 'absent' ? [e.path] : []));
    expect(gone(local)).toEqual(['/etc/kubernetes/manifests/kha-keepalived.yaml', '/etc/kubernetes/kha/keepalived']);
    expect(gone(external)).toEqual(
      expect.arrayContaining([...gone(local), '/etc/kubernetes/manifests/kha-load-balancer.yaml']),
    );
  });
});
