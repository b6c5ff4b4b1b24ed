import { describe, expect, it } from 'vitest';
import { removeHosts } from '../../../src/config/remove-hosts.ts';
import { effectKind } from '../../../src/graph/effects/registry.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { initCluster } from '../../../src/operations/init-cluster.ts';
import { removeNode } from '../../../src/operations/remove-node.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

const before = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.4, w2: 10.0.0.5}, masters: [m1], workers: [w1, w2]}',
);
const leaving = { names: ['w1'], before };
const plan = (facts = bareFacts(before)) => makePlan(removeNode, removeHosts(before, ['w1']), facts, { leaving });

describe('remove-node', () => {
  it('drains, deletes and resets what leaves, and nothing else', () => {
    expect(plan().plan.tasks.map((t) => [t.id, t.needs])).toEqual([
      ['drain/w1', []],
      ['delete-node/w1', ['drain/w1']],
      ['reset-host/w1', ['delete-node/w1']],
    ]);
  });

  it('leaves the reset out where the host does not answer', () => {
    const { w1: _, ...others } = bareFacts(before);
    expect(plan(others).plan.tasks.at(-1)?.skip).toContain('it does not answer');
  });

  it('takes back every file that was written on the host', () => {
    const { plan: made, effects } = makePlan(initCluster, before, bareFacts(before));
    const files = made.tasks
      .filter((t) => t.host === 'w1')
      .flatMap((t) => effects[t.effects ?? ''] ?? [])
      .flatMap((e) => (e.kind === 'file' ? [e.path] : []));
    const reset = Object.values(plan().effects).flat();
    const gone = reset.flatMap((e) => (e.kind === 'absent' ? [e.path] : []));
    expect(files.length).toBeGreaterThan(5);
    for (const path of files)
      expect(
        gone.some((g) => path === g || path.startsWith(`${g}/`)),
        path,
      ).toBe(true);
    expect(gone).toContain('/etc/kubernetes');
    for (const effect of reset) expect(effectKind(effect).title(effect)).not.toBe('');
  });
});
