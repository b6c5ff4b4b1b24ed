import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthorities, madeSecrets, rootOf } from '../../../src/activities/create-authorities.ts';
import type { Ports } from '../../../src/activities/ports.ts';
import {
  demandOneAuthority,
  endRotation,
  retireOldAuthorities,
  signWithNewAuthorities,
  trustNewAuthorities,
} from '../../../src/activities/rotate-authorities.ts';
import type { TaskScope } from '../../../src/activities/task-scope.ts';
import { createCertificateAuthority } from '../../../src/adapters/forge/certificate-authority.ts';
import { systemClock } from '../../../src/adapters/system-clock.ts';
import { certificatesIn } from '../../../src/cluster/pem.ts';
import { signingSecret } from '../../../src/cluster/rotation.ts';
import { goldenCluster } from '../../fakes/cluster.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';

const authority = createCertificateAuthority(systemClock);

async function world() {
  const cluster = await goldenCluster('allinone');
  const store = createMemoryStore();
  const ports = { store, authority, clock: systemClock } as Pick<Ports, 'store' | 'authority' | 'clock'> as Ports;
  await createAuthorities(ports, cluster);
  const scope = (run: string): TaskScope => ({ ports, cluster, run }) as Partial<TaskScope> as TaskScope;
  const names = async (): Promise<string[]> =>
    certificatesIn((await rootOf(ports, cluster, 'kubernetes')).certificate).map(
      (pem) => authority.inspect(pem).commonName,
    );
  return { cluster, store, ports, scope, names };
}

describe('replacing authorities', () => {
  it('trusts both, signs with the new one, trusts it alone; each step said twice does nothing more', async () => {
    const { cluster, store, ports, scope, names } = await world();
    const old = await rootOf(ports, cluster, 'kubernetes');
    const leaf = await authority.issue(old, { commonName: 'a', usages: ['client'], days: 1 });
    const twice = async (act: (s: TaskScope) => Promise<{ changed: boolean }>) => [
      (await act(scope('one'))).changed,
      (await act(scope('one'))).changed,
    ];

    await demandOneAuthority(store, cluster);
    expect(await twice(trustNewAuthorities)).toEqual([true, false]);
    expect(await names()).toEqual(['kubernetes', 'kubernetes-2']);
    await expect(demandOneAuthority(store, cluster)).rejects.toMatchObject({ code: 'KHA3343' });
    const both = await rootOf(ports, cluster, 'kubernetes');
    expect(both.key).toBe(old.key);
    expect(authority.verify(both.certificate, leaf)).toBe(true);
    expect(await store.getSecret(signingSecret(cluster.name))).toBe(`${old.certificate}${old.key}`);

    expect(await twice(signWithNewAuthorities)).toEqual([true, false]);
    expect(await names()).toEqual(['kubernetes-2', 'kubernetes']);
    const next = await rootOf(ports, cluster, 'kubernetes');
    expect(authority.verify(next.certificate, leaf)).toBe(false);
    // Who trusts the old one alone follows the chain from a new certificate.
    const issued = new X509Certificate(
      (await authority.issue(next, { commonName: 'b', usages: ['server'], days: 1 })).certificate,
    );
    const cross = new X509Certificate(next.cross ?? '');
    expect(issued.checkIssued(cross) && issued.verify(cross.publicKey)).toBe(true);
    expect(authority.isSignedBy(old.certificate, next.cross ?? '')).toBe(true);
    expect(cross.ca).toBe(true);

    expect(await twice(retireOldAuthorities)).toEqual([true, false]);
    expect(await names()).toEqual(['kubernetes-2']);
    await expect(demandOneAuthority(store, cluster)).rejects.toMatchObject({ code: 'KHA3343' });
    expect(await twice(endRotation)).toEqual([true, false]);
    await demandOneAuthority(store, cluster);
    // Said again by the same operation, all of it does nothing; by another one it begins anew.
    for (const act of [trustNewAuthorities, signWithNewAuthorities, retireOldAuthorities, endRotation])
      expect((await act(scope('one'))).changed).toBe(false);
    expect(await names()).toEqual(['kubernetes-2']);
    await trustNewAuthorities(scope('two'));
    expect(await names()).toEqual(['kubernetes-2', 'kubernetes-3']);
  });

  it('goes on where another operation was cut off, and leaves nothing behind when the cluster is forgotten', async () => {
    const { cluster, store, scope, names } = await world();
    await trustNewAuthorities(scope('one'));
    const made = await names();
    expect((await trustNewAuthorities(scope('two'))).changed).toBe(false);
    expect(await names()).toEqual(made);
    await signWithNewAuthorities(scope('two'));
    expect((await trustNewAuthorities(scope('three'))).detail).toContain('goes on');
    expect(await names()).toEqual(['kubernetes-2', 'kubernetes']);
    const known = madeSecrets(cluster.name);
    expect((await store.listSecrets(`${cluster.name}/pki`)).filter((name) => !known.includes(name))).toEqual([]);
  });
});
