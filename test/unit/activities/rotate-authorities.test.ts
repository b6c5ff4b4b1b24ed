import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bundleOf, createAuthorities, madeSecrets, rootOf } from '../../../src/activities/create-authorities.ts';
import type { Ports } from '../../../src/activities/ports.ts';
import {
  demandOneAuthority,
  endRotation,
  makeNewAuthorities,
  retiredAuthorities,
  retireOldAuthorities,
  signWithNewAuthorities,
  trustNewAuthorities,
} from '../../../src/activities/rotate-authorities.ts';
import type { TaskScope } from '../../../src/activities/task-scope.ts';
import { createCertificateAuthority } from '../../../src/adapters/forge/certificate-authority.ts';
import { systemClock } from '../../../src/adapters/system-clock.ts';
import { certificatesIn } from '../../../src/cluster/pem.ts';
import { authorities } from '../../../src/cluster/certificates.ts';
import { nextRootSecret, signingSecret } from '../../../src/cluster/rotation.ts';
import type { CertificateFacts } from '../../../src/cluster/certificate.ts';
import type { CertificateAuthority } from '../../../src/ports/certificate-authority.ts';
import type { Store } from '../../../src/ports/store.ts';
import { goldenCluster } from '../../fakes/cluster.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';

const real = createCertificateAuthority(systemClock);

/** Keys take their time: this one makes texts with a name and a number. */
function quick(): CertificateAuthority {
  let made = 0;
  const pem = (name: string): string =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(`${name} ${made++}`).toString('base64')}\n-----END CERTIFICATE-----\n`;
  const nameIn = (text: string): string =>
    Buffer.from(text.split('\n')[1] ?? '', 'base64')
      .toString()
      .split(' ')[0] ?? '';
  return {
    createRoot: async ({ commonName }) => ({ key: `key of ${commonName}`, certificate: pem(commonName) }),
    createKey: async () => ({ key: 'key', publicKey: 'key' }),
    crossSign: (root, other) => `${nameIn(other)} by ${nameIn(root.certificate)}`,
    inspect: (text) => ({ commonName: nameIn(text) }) as CertificateFacts,
  } as Partial<CertificateAuthority> as CertificateAuthority;
}

async function world(authority: CertificateAuthority = real) {
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
    const leaf = await real.issue(old, { commonName: 'a', usages: ['client'], days: 1 });
    const twice = async (act: (s: TaskScope) => Promise<{ changed: boolean }>) => [
      (await act(scope('one'))).changed,
      (await act(scope('one'))).changed,
    ];

    await demandOneAuthority(store, cluster);
    expect(await twice(makeNewAuthorities)).toEqual([true, false]);
    // Controller managers would not start with a ca.crt of two: they have a file of their own first.
    expect(await names()).toEqual(['kubernetes']);
    expect(await store.getSecret(signingSecret(cluster.name))).toBe(`${old.certificate}${old.key}`);
    expect(await twice(trustNewAuthorities)).toEqual([true, false]);
    expect(await names()).toEqual(['kubernetes', 'kubernetes-2']);
    await expect(demandOneAuthority(store, cluster)).rejects.toMatchObject({ code: 'KHA3343' });
    const both = await rootOf(ports, cluster, 'kubernetes');
    expect(both.key).toBe(old.key);
    expect(real.verify(both.certificate, leaf)).toBe(true);
    expect(await store.getSecret(signingSecret(cluster.name))).toBe(`${old.certificate}${old.key}`);

    expect(await twice(signWithNewAuthorities)).toEqual([true, false]);
    expect(await names()).toEqual(['kubernetes-2', 'kubernetes']);
    // What stands in files stays as it is, so nobody has to read it again.
    expect(bundleOf(await rootOf(ports, cluster, 'kubernetes'))).toBe(bundleOf(both));
    const next = await rootOf(ports, cluster, 'kubernetes');
    expect(real.verify(next.certificate, leaf)).toBe(false);
    // Who trusts the old one alone follows the chain from a new certificate.
    const issued = new X509Certificate(
      (await real.issue(next, { commonName: 'b', usages: ['server'], days: 1 })).certificate,
    );
    const cross = new X509Certificate(next.cross ?? '');
    expect(issued.checkIssued(cross) && issued.verify(cross.publicKey)).toBe(true);
    expect(real.isSignedBy(old.certificate, next.cross ?? '')).toBe(true);
    expect(cross.ca).toBe(true);

    expect(await retiredAuthorities(store, cluster)).toBeUndefined();
    expect(await twice(retireOldAuthorities)).toEqual([true, false]);
    expect((await retiredAuthorities(store, cluster))?.kubernetes).toBe(old.certificate);
    expect(await names()).toEqual(['kubernetes-2']);
    await expect(demandOneAuthority(store, cluster)).rejects.toMatchObject({ code: 'KHA3343' });
    expect(await twice(endRotation)).toEqual([true, false]);
    await demandOneAuthority(store, cluster);
    // Said again by the same operation, all of it does nothing; by another one it begins anew.
    expect(await retiredAuthorities(store, cluster)).toBeUndefined();
    for (const act of [
      makeNewAuthorities,
      trustNewAuthorities,
      signWithNewAuthorities,
      retireOldAuthorities,
      endRotation,
    ])
      expect((await act(scope('one'))).changed).toBe(false);
    expect(await names()).toEqual(['kubernetes-2']);
    await makeNewAuthorities(scope('two'));
    await trustNewAuthorities(scope('two'));
    expect(await names()).toEqual(['kubernetes-2', 'kubernetes-3']);
  });

  it('goes on where another operation was cut off, and leaves nothing behind when the cluster is forgotten', async () => {
    const { cluster, store, scope, names } = await world();
    await makeNewAuthorities(scope('one'));
    const made = await store.getSecret(nextRootSecret(cluster.name, 'etcd'));
    expect((await makeNewAuthorities(scope('two'))).changed).toBe(false);
    expect(await store.getSecret(nextRootSecret(cluster.name, 'etcd'))).toBe(made);
    await trustNewAuthorities(scope('two'));
    await signWithNewAuthorities(scope('two'));
    expect((await makeNewAuthorities(scope('three'))).detail).toContain('goes on');
    expect((await trustNewAuthorities(scope('three'))).detail).toContain('goes on');
    expect(await names()).toEqual(['kubernetes-2', 'kubernetes']);
    const known = madeSecrets(cluster.name);
    expect((await store.listSecrets(`${cluster.name}/pki`)).filter((name) => !known.includes(name))).toEqual([]);
  });

  const all = [makeNewAuthorities, trustNewAuthorities, signWithNewAuthorities, retireOldAuthorities, endRotation];
  it.each(all.map((act) => [act.name, act] as const))(
    'another operation ends it, whatever %s had written',
    async (_, of) => {
      let whole = false;
      for (let writes = 0; !whole; writes++) {
        const { cluster, ports, scope } = await world(quick());
        for (const act of all.slice(0, all.indexOf(of))) await act(scope('one'));
        whole = await of({ ...scope('one'), ports: { ...ports, store: dying(ports.store, writes) } }).then(
          () => true,
          () => false,
        );
        const trusted = async (): Promise<string[][]> =>
          Promise.all(
            authorities.map(async (a) =>
              certificatesIn((await rootOf(ports, cluster, a)).certificate).map(
                (pem) => ports.authority.inspect(pem).commonName,
              ),
            ),
          );
        await makeNewAuthorities(scope('two'));
        await trustNewAuthorities(scope('two'));
        const [ofKubernetes = [], , ofEtcd = []] = await trusted();
        // Only who has forgotten the old ones may trust one alone.
        if (of !== retireOldAuthorities && of !== endRotation) {
          expect([...ofKubernetes].sort()).toEqual(['kubernetes', 'kubernetes-2']);
          expect([...ofEtcd].sort()).toEqual(['etcd-ca', 'etcd-ca-2']);
        }
        expect(await ports.store.getSecret(signingSecret(cluster.name))).toContain(`key of ${ofKubernetes[0]}`);
        for (const act of all.slice(2)) await act(scope('two'));
        const generation = of === endRotation && whole ? 3 : 2;
        expect(await trusted()).toEqual(
          ['kubernetes', 'front-proxy-ca', 'etcd-ca'].map((name) => [`${name}-${generation}`]),
        );
        await demandOneAuthority(ports.store, cluster);
      }
    },
  );
});

/** A store that writes so often, and then no more. */
function dying(store: Store, writes: number): Store {
  let left = writes;
  const spend = (): void => {
    if (left-- <= 0) throw new Error('the store is gone');
  };
  return {
    ...store,
    putSecret: async (...said) => (spend(), store.putSecret(...said)),
    createSecret: async (...said) => (spend(), store.createSecret(...said)),
    deleteSecret: async (...said) => (spend(), store.deleteSecret(...said)),
  };
}
