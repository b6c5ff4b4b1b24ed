import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalRule } from '../../../src/cluster/approvals.ts';
import { assumedFacts } from '../../../src/cluster/assumed-facts.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { withoutHosts } from '../../../src/config/remove-hosts.ts';
import { lanesOf } from '../../../src/graph/lanes.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import { operation } from '../../../src/graph/operation.ts';
import { step } from '../../../src/graph/step.ts';
import type { Task } from '../../../src/graph/task.ts';
import { operations } from '../../../src/operations/registry.ts';
import { removeNode } from '../../../src/operations/remove-node.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await clusterFrom(
    '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4, w2: 10.0.0.5}, masters: [m1, m2, m3]}',
  );
});

const make = (id: string, rest: Partial<Parameters<typeof step>[0]> = {}) =>
  step({ id, title: id, why: `why ${id}`, hosts: (c) => c.hosts, activity: 'checkHealth', policy: 'quick', ...rest });
const prepare = make('prepare', { effects: () => [], activity: undefined as never });
const drain = make('drain', { disruptive: true, after: [prepare] });
const reboot = make('reboot', { disruptive: true, after: [drain] });
const uncordon = make('uncordon', { after: [reboot], restores: drain });
const after = make('after', { after: [uncordon], hosts: (c) => c.hosts.slice(0, 1) });
const rolling = operation({
  id: 'rolling',
  title: 'Rolling',
  why: 'why all',
  maintains: true,
  steps: [prepare, drain, reboot, uncordon, after],
  rolls: [drain, reboot, uncordon],
});

const rule = (before: string, more: Partial<ApprovalRule> = {}): ApprovalRule => ({
  before,
  per: 'host',
  outcome: 'park',
  ...more,
});
const planOf = (rules: ApprovalRule[], windows: string[] = []): Task[] =>
  makePlan(rolling, cluster, bareFacts(cluster), { approvals: rules, windows }).plan.tasks;
const gatesOf = (tasks: readonly Task[]) => tasks.filter((t) => t.gate).map((t) => t.id);
const needs = (tasks: readonly Task[], id: string) => tasks.find((t) => t.id === id)?.needs;

describe('gates of a plan', () => {
  test('before a step that a host goes through with others: before the first of them, in its turn', () => {
    const tasks = planOf([rule('reboot')]);
    expect(gatesOf(tasks)).toEqual(['m1', 'm2', 'm3', 'w1', 'w2'].map((h) => `approve-reboot/${h}`));
    expect(needs(tasks, 'drain/m2')).toEqual(['approve-reboot/m2']);
    expect(needs(tasks, 'approve-reboot/m2')).toEqual(['prepare/m2', 'uncordon/m1']);
    expect(tasks.find((t) => t.id === 'approve-reboot/m2')?.gate).toMatchObject({
      guards: ['drain/m2', 'reboot/m2', 'uncordon/m2'],
      hosts: ['m2'],
      what: ['drain', 'reboot'],
      why: 'why reboot',
      onReject: 'leave-out',
      outcome: 'park',
    });
  });

  test('two rules on the same place ask once', () => {
    expect(gatesOf(planOf([rule('reboot'), rule('drain'), rule('each-host'), rule('each-batch')]))).toHaveLength(5);
    expect(gatesOf(planOf([rule('each-master'), rule('each-host')]))).toEqual([
      'approve-each-master/m1',
      'approve-each-master/m2',
      'approve-each-master/m3',
      'approve-each-host/w1',
      'approve-each-host/w2',
    ]);
  });

  test('once: for all of them, and a rejection ends it', () => {
    const tasks = planOf([rule('reboot', { per: 'once', expires: '24h', remind: '1h30m', outcome: 'reject' })]);
    expect(gatesOf(tasks)).toEqual(['approve-reboot/t']);
    expect(needs(tasks, 'approve-reboot/t')).toEqual([
      'prepare/m1',
      'prepare/m2',
      'prepare/m3',
      'prepare/w1',
      'prepare/w2',
    ]);
    expect(tasks.find((t) => t.gate)?.gate).toMatchObject({
      onReject: 'end',
      expiresSeconds: 86_400,
      remindSeconds: 5400,
      outcome: 'reject',
    });
  });

  test('start: before everything', () => {
    const tasks = planOf([rule('start')]);
    expect(gatesOf(tasks)).toEqual(['approve-start/t']);
    expect(tasks[0]).toMatchObject({
      id: 'approve-start/t',
      needs: [],
      gate: { hosts: ['m1', 'm2', 'm3', 'w1', 'w2'] },
    });
    for (const t of tasks.slice(1)) expect(t.needs.length, t.id).toBeGreaterThan(0);
  });

  test('a step of its own is asked for right before it, and told by its effects whether it has something to do', () => {
    const tasks = planOf([rule('prepare')]);
    expect(needs(tasks, 'prepare/w1')).toEqual(['approve-prepare/w1']);
    const { gate } = tasks.find((t) => t.id === 'approve-prepare/w1') ?? {};
    expect(gate?.looks).toEqual([
      { step: 'prepare', host: 'w1', effects: tasks.find((t) => t.id === 'prepare/w1')?.effects },
    ]);
  });

  test('a window holds a host behind its approval, once', () => {
    const tasks = planOf([rule('reboot')], ['Sat 01:00-05:00']);
    expect(needs(tasks, 'drain/w1')).toEqual(['window/w1']);
    expect(needs(tasks, 'window/w1')).toEqual(['approve-reboot/w1']);
    expect(tasks.find((t) => t.id === 'window/w1')?.gate).toMatchObject({
      kind: 'window',
      windows: ['Sat 01:00-05:00'],
      hostMinutes: 15,
    });
  });

  test('what the plan skips is asked by nobody; steps and places that it has not ask nothing', () => {
    const idle = operation({ ...rolling, steps: [make('drain', { skipWhen: () => 'no' })], rolls: [] });
    const { plan } = makePlan(idle, cluster, bareFacts(cluster), {
      approvals: [rule('drain'), rule('start'), rule('join-master')],
    });
    expect(gatesOf(plan.tasks)).toEqual([]);
  });

  test('they are part of what is approved', () => {
    const digest = (rules: ApprovalRule[]) =>
      makePlan(rolling, cluster, bareFacts(cluster), { approvals: rules }).plan.digest;
    expect(new Set([digest([]), digest([rule('reboot')]), digest([rule('reboot', { expires: '1h' })])]).size).toBe(3);
  });

  test('a gate is a lane of its own', () => {
    for (const lane of lanesOf(planOf([rule('reboot'), rule('prepare')], ['Sat 01:00-05:00'])))
      if (lane.tasks.some((t) => t.gate)) expect(lane.tasks).toHaveLength(1);
  });

  test('nodes that leave are asked for, and a no ends the operation', () => {
    const left = withoutHosts(cluster, ['w1', 'm3']);
    const { plan } = makePlan(removeNode, left, assumedFacts(cluster), {
      leaving: { names: ['w1', 'm3'], before: cluster },
      approvals: [rule('each-host'), rule('reset-host')],
      windows: ['Sat 01:00-05:00'],
    });
    expect(gatesOf(plan.tasks).sort()).toEqual(
      [
        ...['m1', 'm2', 'm3', 'w1'].flatMap((h) => [`approve-each-host/${h}`, `window/${h}`]),
        'approve-reset-host/m3',
        'approve-reset-host/w1',
      ].sort(),
    );
    expect(needs(plan.tasks, 'approve-reset-host/w1')).toContain('delete-node/w1');
    for (const t of plan.tasks) if (t.gate) expect(t.gate.onReject).toBe('end');
  });

  test('whatever the rules, a plan has no circle, keeps its order, and all that is guarded waits for its gate', () => {
    const steps = [...new Set(Object.values(operations).flatMap((o) => o.steps.map((s) => s.id)))];
    const anyRule = fc.record({
      before: fc.constantFrom(
        'start',
        'each-host',
        'each-master',
        'each-batch',
        'drain',
        'reboot',
        'prepare',
        ...steps,
      ),
      per: fc.constantFrom('host' as const, 'batch' as const, 'once' as const),
      outcome: fc.constant('park' as const),
    });
    const all = [rolling, ...Object.values(operations)];
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.array(anyRule, { maxLength: 4 }),
        fc.boolean(),
        (op, rules, hasWindow) => {
          const leaving = op.removes || op.takes ? { leaving: { names: ['w1', 'm3'], before: cluster } } : {};
          const plain = makePlan(op, cluster, assumedFacts(cluster), leaving).plan.tasks;
          const { tasks } = makePlan(op, cluster, assumedFacts(cluster), {
            ...leaving,
            approvals: rules,
            windows: hasWindow ? ['01:00-05:00'] : [],
          }).plan;
          const before = ancestorsOf(tasks);
          for (const [id, needed] of ancestorsOf(plain))
            for (const need of needed) expect(before.get(id)).toContain(need);
          for (const t of tasks)
            for (const guard of t.gate?.guards ?? []) expect(before.get(guard), `${op.id} ${guard}`).toContain(t.id);
          expect(tasks.filter((t) => !t.gate)).toHaveLength(plain.length);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});

function ancestorsOf(tasks: readonly Task[]): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  for (const t of tasks) all.set(t.id, new Set(t.needs.flatMap((n) => [n, ...(all.get(n) ?? [])])));
  return all;
}
