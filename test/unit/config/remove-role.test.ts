import { describe, expect, it } from 'vitest';
import { KhaError } from '../../../src/cluster/error.ts';
import type { Finding } from '../../../src/cluster/error.ts';
import { removeRole } from '../../../src/config/remove-role.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const cluster = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, e1: 10.0.0.3, w1: 10.0.0.4}, masters: [m1, m2], workers: [w1, m2], etcd: [e1, m2, w1]}',
);
const refusals = (...args: Parameters<typeof removeRole> extends [unknown, ...infer R] ? R : never): Finding[] => {
  try {
    removeRole(cluster, ...args);
  } catch (error) {
    if (error instanceof KhaError) return error.findings;
  }
  throw new Error('it was not refused');
};

describe('a role that is taken', () => {
  it.each([
    ['master', 'm2', { masters: ['m1'] }],
    ['worker', 'm2', { workers: ['w1'] }],
    ['etcd', 'w1', { etcd: ['e1', 'm2'] }],
  ] as const)('%s of %s: the host keeps its others', (role, name, roles) => {
    const rest = removeRole(cluster, role, [name]);
    expect(rest.hosts).toEqual(cluster.hosts);
    expect(rest.roles).toEqual({ ...cluster.roles, ...roles });
  });

  it('must be one that the host has', () => {
    expect(refusals('etcd', ['m1', 'w9']).map((f) => f.message)).toEqual([
      'm1 is no member of etcd of t.',
      'w9 is no member of etcd of t.',
    ]);
  });

  it('is not its only one: such a host leaves as a whole', () => {
    for (const [role, name] of [
      ['master', 'm1'],
      ['worker', 'w1'],
      ['etcd', 'e1'],
    ] as const)
      expect(refusals(role, [name])[0]?.hint).toContain(`remove-node --cluster t --host ${name}`);
    expect(refusals('master', ['m1'])[0]?.hint).toContain('add-worker --cluster t --host m1');
  });

  it('is kept by the last that has it', async () => {
    const one = await clusterFrom('{name: t, hosts: {m1: 10.0.0.1}, masters: [m1], workers: [m1]}');
    expect(() => removeRole(one, 'master', ['m1'])).toThrow(KhaError);
    expect(() => removeRole(one, 'etcd', ['m1'])).toThrow(KhaError);
    expect(() => removeRole(one, 'worker', ['m1'])).toThrow(KhaError);
  });
});
