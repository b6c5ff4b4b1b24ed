import { describe, expect, it } from 'vitest';
import { KhaError } from '../../../src/cluster/error.ts';
import { removeHosts } from '../../../src/config/remove-hosts.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const cluster = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.4, w2: 10.0.0.5}, masters: [m1], workers: [w1, w2]}',
);
const refusals = (...names: string[]): string[] => {
  try {
    removeHosts(cluster, names);
  } catch (error) {
    if (error instanceof KhaError) return error.findings.map((f) => f.message);
  }
  throw new Error('it was not refused');
};

describe('hosts that are removed', () => {
  it('are in no list any more', () => {
    const rest = removeHosts(cluster, ['w1']);
    expect(rest.hosts.map((h) => h.name)).toEqual(['m1', 'w2']);
    expect(rest.roles).toEqual({ ...cluster.roles, workers: ['w2'] });
  });

  it('must be there, and workers only', () => {
    expect(refusals('w9', 'm1')).toEqual([
      'w9 is no host of t.',
      'm1 is master, etcd as well; remove-node is for workers.',
    ]);
  });

  it('may not be the last that run pods', () => {
    expect(refusals('w1', 'w2').join()).toContain('worker');
  });
});
