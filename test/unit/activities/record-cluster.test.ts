import { expect, it } from 'vitest';
import { createAuthorities } from '../../../src/activities/create-authorities.ts';
import type { Ports } from '../../../src/activities/ports.ts';
import { recordCluster } from '../../../src/activities/record-cluster.ts';
import { withoutHosts } from '../../../src/config/remove-hosts.ts';
import { goldenCluster } from '../../fakes/cluster.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';

it('forgets a cluster that has no host left, with all that was made for it and nothing else', async () => {
  const cluster = await goldenCluster('allinone');
  const { name } = cluster;
  const store = createMemoryStore();
  const authority = {
    createRoot: async () => ({ certificate: 'certificate', key: 'key' }),
    createKey: async () => ({ key: 'key', publicKey: 'public key' }),
  };
  const ports = { store, authority, clock: { now: () => 0 } } as unknown as Ports;
  await createAuthorities(ports, cluster);
  await store.putSecret(`${name}/ssh/m1`, 'given by the operator');
  await recordCluster(ports, name, 'digest', cluster);
  expect(await store.getCluster(name)).toMatchObject({ cluster: 'digest' });

  const empty = withoutHosts(
    cluster,
    cluster.hosts.map((h) => h.name),
  );
  // A worker that dies on the way leaves the record, so that another one comes here again.
  const dies = { ...store, deleteSecret: () => Promise.reject(new Error('this worker is dead')) };
  await expect(recordCluster({ ...ports, store: dies }, name, 'empty', empty)).rejects.toThrow('dead');
  expect(await store.getCluster(name)).toBeDefined();
  await recordCluster(ports, name, 'empty', empty);
  await recordCluster(ports, name, 'empty', empty);
  expect(await store.getCluster(name)).toBeUndefined();
  expect(await store.listSecrets('')).toEqual([`${name}/ssh/m1`]);
});
