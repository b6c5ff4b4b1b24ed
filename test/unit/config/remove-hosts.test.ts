import { describe, expect, it } from 'vitest';
import { KhaError } from '../../../src/cluster/error.ts';
import { addHosts } from '../../../src/config/add-hosts.ts';
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

  it('must be there, and leave a master and a member of etcd', () => {
    expect(refusals('w9')).toEqual(['w9 is no host of t.']);
    expect(refusals('m1').join()).toMatch(/no master.*/i);
  });

  it('may leave two members of etcd, on the way to three', async () => {
    const three = await clusterFrom(
      '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4}, masters: [m1, m2, m3], workers: [w1]}',
    );
    const rest = removeHosts(three, ['m1']);
    expect(rest.roles).toMatchObject({ masters: ['m2', 'm3'], etcd: ['m2', 'm3'] });
    expect(addHosts(rest, 'etcd', ['m1=10.0.0.1']).cluster.roles.etcd).toEqual(['m2', 'm3', 'm1']);
  });

  it('may not be the last that run pods', () => {
    expect(refusals('w1', 'w2').join()).toContain('worker');
  });
});
