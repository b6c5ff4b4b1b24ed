import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { actScript, lookScript } from '../../../src/graph/effects/compile.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { initCluster } from '../../../src/operations/init-cluster.ts';
import { goldenCluster, topologies } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

test.each(topologies)('%s: every script is POSIX shell', async (topology) => {
  const cluster = await goldenCluster(topology);
  const { effects } = makePlan(initCluster, cluster, bareFacts(cluster));
  const lists = Object.values(effects).filter((list) => list.length > 0);
  expect(lists.length).toBeGreaterThan(8);
  for (const list of lists) {
    for (const script of [lookScript(list, {}), actScript(list, {})]) {
      const { status, stderr } = spawnSync('sh', ['-n'], { input: script.text, encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    }
  }
});
