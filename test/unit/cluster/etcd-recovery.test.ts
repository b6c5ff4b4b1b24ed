import { describe, expect, it } from 'vitest';
import { demandRecoverable, hasLeader, isFromSnapshot, survivorOf } from '../../../src/cluster/etcd-recovery.ts';
import type { Facts, FactsByHost } from '../../../src/cluster/facts.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts, factsOf } from '../../fakes/facts.ts';

const cluster = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4}, masters: [m1, m2, m3], workers: [w1]}',
);
const member = (revision: number, hasLeader = false): Partial<Facts> => ({
  etcd: { state: 'existing', member: { revision, hasLeader } },
});
const factsWith = (over: Record<string, Partial<Facts>>): FactsByHost =>
  Object.fromEntries(
    cluster.hosts.flatMap((host) => {
      const its = over[host.name];
      return its ? [[host.name, factsOf(cluster, host, its)]] : [];
    }),
  );

describe('the member that etcd goes on from', () => {
  it('is the one with the newest keys, the first of equals, and one that has a leader before all others', () => {
    expect(survivorOf(cluster, factsWith({ m1: member(7), m2: member(9), m3: member(9) }))?.name).toBe('m2');
    expect(survivorOf(cluster, factsWith({ m1: member(7), m2: member(9), m3: member(3, true) }))?.name).toBe('m3');
    expect(survivorOf(cluster, factsWith({ m3: member(1) }))?.name).toBe('m3');
    expect(hasLeader(cluster, factsWith({ m1: member(7), m3: member(3, true) }))).toBe(true);
    expect(hasLeader(cluster, factsWith({ m1: member(7) }))).toBe(false);
  });

  it('is one with the newest snapshot where none runs', () => {
    const snapshot = (seconds: number): Partial<Facts> => ({ etcd: { state: 'existing', snapshot: seconds } });
    const snapshots = { m1: snapshot(100), m2: snapshot(300) };
    expect(survivorOf(cluster, factsWith(snapshots))?.name).toBe('m2');
    expect(isFromSnapshot(cluster, factsWith(snapshots))).toBe(true);
    expect(survivorOf(cluster, factsWith({ ...snapshots, m3: member(1) }))?.name).toBe('m3');
    expect(isFromSnapshot(cluster, factsWith({ ...snapshots, m3: member(1) }))).toBe(false);
  });

  it('has to run', () => {
    expect(survivorOf(cluster, factsWith({ m1: {} }))).toBeUndefined();
    expect(() => demandRecoverable(cluster, factsWith({ m1: { etcd: { state: 'existing' } } }), [])).toThrow(
      'no member of etcd runs from which the cluster could be recovered',
    );
  });
});

describe('a host that is lost', () => {
  it('does not answer, or has nothing of the cluster', () => {
    const survivor = { m1: member(7) };
    expect(() => demandRecoverable(cluster, factsWith(survivor), ['m2'])).not.toThrow();
    expect(() => demandRecoverable(cluster, { ...bareFacts(cluster), ...factsWith(survivor) }, ['m2'])).not.toThrow();
    for (const left of [
      member(6),
      { kubernetes: { joined: true, manifests: [] } },
      { kubernetes: { joined: false, manifests: ['kube-apiserver.yaml'] } },
    ])
      expect(() => demandRecoverable(cluster, factsWith({ ...survivor, m2: left }), ['m2'])).toThrow(
        'm2 answers, and still has the cluster on it',
      );
  });
});
