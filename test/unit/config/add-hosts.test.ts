import { describe, expect, it } from 'vitest';
import { KhaError } from '../../../src/cluster/error.ts';
import { addHosts } from '../../../src/config/add-hosts.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const cluster = await clusterFrom(`
name: t
hosts: {m1: 10.0.0.1, w1: {address: 10.0.0.4, ssh: {user: ops, port: 2222, keyFile: ~/.ssh/w1, jump: bastion.example.com, hostKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtRr1Ia1fyMLM1CsRNtTeoA2ApFqR9fR5kfIHRSV1Vd']}}}
masters: [m1]
workers: [w1]
`);
const add = (...words: string[]) => addHosts(cluster, 'worker', words);
const refusals = (...words: string[]): string[] => {
  try {
    add(...words);
  } catch (error) {
    if (error instanceof KhaError) return error.findings.map((f) => f.message);
  }
  throw new Error('it was not refused');
};

describe('hosts that are added', () => {
  it('get the role, and are connected to as the last one of it is, with keys of their own', () => {
    const { cluster: grown, names } = add('w2=10.0.0.5', 'w3=10.0.0.6');
    expect(names).toEqual(['w2', 'w3']);
    expect(grown.roles).toEqual({ ...cluster.roles, workers: ['w1', 'w2', 'w3'] });
    const [, w1, w2] = grown.hosts;
    expect(w2).toEqual({
      name: 'w2',
      address: '10.0.0.5',
      nodeName: 'w2',
      connection: { ...w1?.connection, name: 'w2', address: '10.0.0.5', hostKeys: [] },
    });
    expect(cluster.hosts).toHaveLength(2);
  });

  it.each([
    ['w2=root@10.0.0.5', { user: 'root', port: 2222, address: '10.0.0.5' }],
    ['w2=10.0.0.5:22', { user: 'ops', port: 22, address: '10.0.0.5' }],
    ['w2=root@[2001:db8::5]:22', { user: 'root', port: 22, address: '2001:db8::5' }],
    ['w2=2001:db8::5', { user: 'ops', port: 2222, address: '2001:db8::5' }],
  ])('may be reached otherwise: %s', (word, connection) => {
    expect(addHosts({ ...cluster }, 'worker', [word]).cluster.hosts.at(-1)?.connection).toMatchObject(connection);
  });

  it('may be members already: then the operation completes what an earlier one began', () => {
    const { cluster: same, names } = add('w1', 'w1=10.0.0.4');
    expect(names).toEqual(['w1']);
    expect(same).toEqual(cluster);
  });

  it('that are workers become no masters', () => {
    expect(() => addHosts(cluster, 'master', ['w1'])).toThrow(
      expect.objectContaining({
        findings: [expect.objectContaining({ hint: expect.stringContaining('remove-node') as string })],
      }),
    );
    expect(addHosts(cluster, 'master', ['m2=10.0.0.2']).cluster.roles).toMatchObject({
      masters: ['m1', 'm2'],
      etcd: ['m1'],
    });
  });

  it('are refused all at once, where they do not fit', () => {
    expect(refusals('w1=10.0.0.9', 'w2', 'w3=nonsense')).toEqual([
      'w1 is recorded with the address 10.0.0.4, not 10.0.0.9.',
      'w2 names no host of t, and has not the form of a new one.',
      'w3=nonsense names no host of t, and has not the form of a new one.',
    ]);
    expect(refusals('w2=10.0.0.1')).toEqual(['Hosts m1 and w2 have the same address 10.0.0.1.']);
    expect(refusals('W_2=10.0.0.5', 'w2=10.0.0.5:99999')).toHaveLength(2);
  });
});
