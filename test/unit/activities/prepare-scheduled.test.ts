import { expect, it } from 'vitest';
import { prepareScheduled } from '../../../src/activities/prepare-scheduled.ts';
import { goldenCluster } from '../../fakes/cluster.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';

const options = { onFailure: 'park' as const, ignorePreflightErrors: [] };

it('takes the cluster as it is recorded now, and refuses what is gone', async () => {
  const cluster = await goldenCluster('allinone');
  const { name } = cluster;
  const store = createMemoryStore();
  const asked = { cluster: name, operation: 'init-cluster', options, schedule: 'nightly' };
  await expect(prepareScheduled(store, asked)).rejects.toMatchObject({
    code: 'KHA1002',
    final: true,
    hint: expect.stringContaining(`kha schedule delete ${name}/nightly`) as string,
  });

  const record = async (parallelism: number): Promise<string> => {
    const digest = await store.putObject({ ...cluster, parallelism });
    await store.putCluster({ name, cluster: digest, createdAt: '', updatedAt: '', sources: [] });
    return digest;
  };
  const first = await record(1);
  expect(await prepareScheduled(store, asked)).toMatchObject({
    declaration: first,
    options: { ...options, basis: first },
    summary: `Initialise the cluster: ${name}, 1 host`,
    details: expect.stringContaining('started by schedule nightly') as string,
  });
  const second = await record(2);
  expect(await prepareScheduled(store, asked)).toMatchObject({ declaration: second, options: { basis: second } });

  await expect(prepareScheduled(store, { ...asked, options: { ...options, targets: ['w9'] } })).rejects.toMatchObject({
    code: 'KHA2001',
    message: `${name} has no host w9 any more`,
  });
  await expect(prepareScheduled(store, { ...asked, operation: 'reset-cluster' })).rejects.toMatchObject({
    code: 'KHA1042',
  });
});
