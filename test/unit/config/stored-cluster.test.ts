import { expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { storedCluster } from '../../../src/config/stored-cluster.ts';
import { loadYaml } from './load.ts';

const FILE = `name: demo
hosts: { m1: 10.0.0.11 }
drain: { timeoutSeconds: 7 }
`;
const read = (stored: unknown): Promise<Cluster> => storedCluster({ getObject: async <T>() => stored as T }, 'digest');

it('is what was recorded', async () => {
  const { cluster } = await loadYaml(FILE);
  expect(await read(cluster)).toEqual(cluster);
});

it('has the defaults of what was added since', async () => {
  const { cluster } = await loadYaml(FILE);
  const { approvals: _a, maintenance: _m, kernel: _k, ...former } = cluster;
  const { rebootMinutes: _r, ...timeouts } = cluster.timeouts;
  const { deleteEmptyDirData: _d, ...drain } = cluster.drain;
  expect(await read({ ...former, timeouts, drain })).toEqual(cluster);
});
