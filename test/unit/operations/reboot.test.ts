import { beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { assumedFacts } from '../../../src/cluster/assumed-facts.ts';
import { lanesOf } from '../../../src/graph/lanes.ts';
import { makePlan, type PlanOptions } from '../../../src/graph/make-plan.ts';
import type { Task } from '../../../src/graph/task.ts';
import { reboot } from '../../../src/operations/reboot.ts';
import { planTree } from '../../../src/cli/ui/plan-tree.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await clusterFrom(
    '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4, w2: 10.0.0.5, w3: 10.0.0.6, w4: 10.0.0.7}, masters: [m1, m2, m3]}',
  );
});

const ROLLED = ['check-redundancy', 'drain', 'reboot', 'check-return', 'uncordon', 'settle'];
const tasksOf = (options: PlanOptions = {}, joined = true): Task[] =>
  makePlan(reboot, cluster, assumedFacts(cluster, joined), options).plan.tasks;
const needsOf = (tasks: Task[], id: string): string[] | undefined => tasks.find((t) => t.id === id)?.needs;

describe('reboot', () => {
  it('takes masters one by one, then as many workers at once as may be away', () => {
    const tasks = tasksOf({ settings: { maintenance: { maxUnavailable: 2 } } });
    const lanes = lanesOf(tasks);
    expect(lanes.map((l) => [l.id, l.needs])).toEqual([
      ['check-redundancy/m1', []],
      ['check-redundancy/m2', ['check-redundancy/m1']],
      ['check-redundancy/m3', ['check-redundancy/m2']],
      ['check-redundancy/w1', ['check-redundancy/m3']],
      ['check-redundancy/w2', ['check-redundancy/m3']],
      ['check-redundancy/w3', ['check-redundancy/w1', 'check-redundancy/w2']],
      ['check-redundancy/w4', ['check-redundancy/w1', 'check-redundancy/w2']],
      ['check-health/m1', ['check-redundancy/w3', 'check-redundancy/w4']],
    ]);
    for (const lane of lanes.slice(0, -1)) expect(lane.tasks.map((t) => t.step)).toEqual(ROLLED);
    expect(needsOf(tasks, 'check-redundancy/w3')).toEqual(['settle/w1', 'settle/w2']);
  });

  it('counts a share of the workers, at least one', () => {
    const turns = (maxUnavailable: number | string): number =>
      new Set(tasksOf({ settings: { maintenance: { maxUnavailable } } }).map((t) => JSON.stringify(t.needs))).size;
    expect(turns('50%')).toBe(turns(2));
    expect(turns('10%')).toBe(turns(1));
    expect(turns('100%')).toBe(turns(4));
  });

  it('does nothing but the reboot where there is no cluster yet', () => {
    const tasks = tasksOf({ targets: ['m1', 'w1'] }, false);
    expect(tasks.filter((t) => !t.skip).map((t) => [t.id, t.needs])).toEqual([
      ['reboot/m1', []],
      ['reboot/w1', ['reboot/m1']],
    ]);
    expect(new Set(tasks.filter((t) => t.skip).map((t) => t.skip))).toEqual(new Set(['there is no cluster yet']));
  });

  it('planned again in the same run spares a host that it has rebooted, and does not forget that it may be cordoned', () => {
    const facts = assumedFacts(cluster, true);
    const m1 = facts['m1'];
    if (!m1) throw new Error('no facts');
    m1.reboot = { run: 'r1', before: 'another' };
    const tasks = makePlan(reboot, cluster, facts, { run: 'r1' }).plan.tasks;
    expect(tasks.filter((t) => t.host === 'm1' && !t.skip).map((t) => [t.id, t.needs])).toEqual([
      ['uncordon/m1', []],
      ['check-health/m1', ['settle/w4', 'uncordon/m1']],
    ]);
    expect(needsOf(tasks, 'check-redundancy/m2')).toEqual([]);
    expect(makePlan(reboot, cluster, facts, { run: 'r2' }).plan.tasks.some((t) => t.skip)).toBe(false);
  });

  it('shows who goes at once', () => {
    const { plan } = makePlan(reboot, cluster, assumedFacts(cluster, true), {
      settings: { maintenance: { maxUnavailable: 3 } },
    });
    const lines = planTree(plan, reboot, { width: 100, paint: (_style, text) => text, digest: false });
    expect(lines.filter((line) => line.includes('→'))).toEqual(
      Array<string>(6).fill('│     m1 → m2 → m3 → w1, w2, w3 → w4'),
    );
  });
});
