import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Cluster, hostNamed } from '../../../src/cluster/cluster.ts';
import { etcdManifest } from '../../../src/parts/etcd.ts';
import type { Facts } from '../../../src/cluster/facts.ts';
import { reduceNeeds } from '../../../src/graph/edges.ts';
import { lanesOf } from '../../../src/graph/lanes.ts';
import { makePlan } from '../../../src/graph/make-plan.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import { operation } from '../../../src/graph/operation.ts';
import type { PlanWithEffects } from '../../../src/graph/plan.ts';
import { type Step, step } from '../../../src/graph/step.ts';
import type { Task } from '../../../src/graph/task.ts';
import { withoutHosts } from '../../../src/config/remove-hosts.ts';
import { addHosts } from '../../../src/config/add-hosts.ts';
import { addEtcd } from '../../../src/operations/add-etcd.ts';
import { addMaster } from '../../../src/operations/add-master.ts';
import { addWorker } from '../../../src/operations/add-worker.ts';
import { removeNode } from '../../../src/operations/remove-node.ts';
import { initCluster } from '../../../src/operations/init-cluster.ts';
import { clusterFrom, goldenCluster, topologies } from '../../fakes/cluster.ts';
import { bareFacts, factsOf } from '../../fakes/facts.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await clusterFrom(
    '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4}, masters: [m1, m2, m3]}',
  );
});

const all = (c: Cluster) => c.hosts;
const one = (c: Cluster) => c.hosts.slice(0, 1);
const none = () => [];
const make = (id: string, rest: Partial<Parameters<typeof step>[0]>) =>
  step({ id, title: id, why: id, hosts: all, effects: () => [], policy: 'quick', ...rest });
const needsOf = (steps: ReturnType<typeof step>[], options = {}): Record<string, string[]> => {
  const op = operation({ id: 'o', title: 'o', why: 'o', steps });
  return Object.fromEntries(makePlan(op, cluster, bareFacts(cluster), options).plan.tasks.map((t) => [t.id, t.needs]));
};

describe('edges of a plan', () => {
  test('after: the same host where the other runs there, else all of its hosts', () => {
    const a = make('a', {});
    const first = make('first', { hosts: one });
    const b = make('b', { after: [a, first] });
    const needs = needsOf([a, first, b]);
    expect(needs['b/m1']).toEqual(['a/m1', 'first/m1']);
    expect(needs['b/w1']).toEqual(['a/w1', 'first/m1']);
  });

  test('afterAll: every host of the other', () => {
    const a = make('a', {});
    const needs = needsOf([a, make('b', { hosts: one, afterAll: [a] })]);
    expect(needs['b/m1']).toEqual(['a/m1', 'a/m2', 'a/m3', 'a/w1']);
  });

  test('a task that undoes another names it, where that has something to do', () => {
    const off = make('off', { skipWhen: (_context, host) => host.name === 'w1' && 'no node' });
    const op = operation({ id: 'o', title: 'o', why: 'o', steps: [off, make('on', { after: [off], restores: off })] });
    const { tasks } = makePlan(op, cluster, bareFacts(cluster)).plan;
    expect(tasks.filter((t) => t.step === 'on').map((t) => t.restores)).toEqual([
      'off/m1',
      'off/m2',
      'off/m3',
      'off/w1',
    ]);
  });

  test('one-by-one chains the hosts in their order', () => {
    const needs = needsOf([make('a', { order: 'one-by-one' })]);
    expect([needs['a/m1'], needs['a/m2'], needs['a/m3'], needs['a/w1']]).toEqual([[], ['a/m1'], ['a/m2'], ['a/m3']]);
  });

  test('a step without hosts and one that is left out pass their needs on', () => {
    const a = make('a', {});
    const empty = make('empty', { hosts: none, after: [a] });
    const left = make('left', { after: [empty] });
    const needs = needsOf([a, empty, left, make('b', { after: [left] })], { skipSteps: ['left'] });
    expect(needs['b/m2']).toEqual(['a/m2']);
  });

  test('a task that is skipped is over at once, so it passes its needs on and keeps nobody waiting', () => {
    const a = make('a', {});
    const b = make('b', { after: [a], skipWhen: (_, host) => host.name === 'm2' && 'because' });
    const needs = needsOf([a, b, make('c', { after: [b] }), make('d', { afterAll: [b], hosts: one })]);
    expect([needs['b/m1'], needs['b/m2']]).toEqual([['a/m1'], []]);
    expect([needs['c/m1'], needs['c/m2']]).toEqual([['b/m1'], ['a/m2']]);
    expect(needs['d/m1']).toEqual(['a/m2', 'b/m1', 'b/m3', 'b/w1']);
  });

  test('skipped tasks stay, with their reason and without effects', () => {
    const a = make('a', { skipWhen: (_, host) => host.name === 'm2' && 'because' });
    const op = operation({ id: 'o', title: 'o', why: 'o', steps: [a] });
    const { plan } = makePlan(op, cluster, bareFacts(cluster));
    expect(plan.tasks.map((t) => [t.skip, t.effects === undefined])).toEqual([
      [undefined, false],
      ['because', true],
      [undefined, false],
      [undefined, false],
    ]);
  });
});

describe('steps that roll', () => {
  const install = make('install', {});
  const drain = make('drain', { afterAll: [install] });
  const reboot = make('reboot', { after: [drain] });
  const needsRolling = (options = {}): Record<string, string[]> => {
    const op = operation({
      id: 'o',
      title: 'o',
      why: 'o',
      maintains: true,
      steps: [install, drain, reboot],
      rolls: [drain, reboot],
    });
    const { tasks } = makePlan(op, cluster, bareFacts(cluster), options).plan;
    return Object.fromEntries(tasks.map((t) => [t.id, t.needs]));
  };

  test('a host begins when the one before it is through all of them, pillars first', () => {
    const needs = needsRolling();
    expect(needs['reboot/m1']).toEqual(['drain/m1']);
    expect(needs['drain/m2']).toEqual(['reboot/m1']);
    expect(needs['drain/w1']).toEqual(['reboot/m3']);
  });

  test('hosts that it is not for are not waited for', () => {
    const needs = needsRolling({ targets: ['m1', 'w1'] });
    expect(needs['drain/w1']).toEqual(['reboot/m1']);
    expect(needs['drain/m2']).toBeUndefined();
  });

  test('a host on which all of it is skipped passes its turn on', () => {
    const lazy = make('lazy', { skipWhen: (_, host) => host.name === 'm2' && 'nothing to do' });
    const op = operation({ id: 'o', title: 'o', why: 'o', steps: [lazy], rolls: [lazy] });
    const { tasks } = makePlan(op, cluster, bareFacts(cluster)).plan;
    expect(tasks.find((t) => t.id === 'lazy/m3')?.needs).toEqual(['lazy/m1']);
  });

  test('what rolls must be a step of the operation', () => {
    expect(() => operation({ id: 'o', title: 'o', why: 'o', steps: [drain], rolls: [reboot] })).toThrow(/rolls reboot/);
  });
});

describe('an operation on some hosts', () => {
  const a = make('a', {});
  const base = make('base', { after: [a] });
  const whole = make('whole', { afterAll: [base], hosts: (c) => c.hosts, forCluster: true });
  const grow = operation({ id: 'o', title: 'o', why: 'o', adds: 'worker', steps: [base, whole] });
  const planned = (facts = bareFacts(cluster)) => makePlan(grow, cluster, facts, { targets: ['w1'] }).plan.tasks;

  test('has tasks of its targets alone; what is for the cluster is done once, and what it leaves out counts as done', () => {
    expect(planned().map((t) => [t.id, t.needs])).toEqual([
      ['base/w1', []],
      ['whole/m1', ['base/w1']],
    ]);
  });

  test('what is for the cluster is done where somebody answers', () => {
    const { m1: _, ...others } = bareFacts(cluster);
    expect(planned(others).map((t) => t.id)).toEqual(['base/w1', 'whole/m2']);
  });

  test('what is for everywhere comes behind its targets, on all hosts that answer', () => {
    const told = make('told', {
      afterAll: [base],
      everywhere: true,
      skipWhen: ({ facts }, host) => facts[host.name] === undefined && 'silent',
    });
    const op = operation({ id: 'o', title: 'o', why: 'o', adds: 'master', steps: [base, told] });
    const { m2: _, ...facts } = bareFacts(cluster);
    const { tasks } = makePlan(op, cluster, facts, { targets: ['m3', 'w1'] }).plan;
    const needs = ['base/m3', 'base/w1'];
    expect(tasks.filter((t) => t.step === 'told').map((t) => [t.id, t.skip, t.needs])).toEqual([
      ['told/m1', undefined, needs],
      ['told/m2', 'silent', []],
      ['told/m3', undefined, needs],
      ['told/w1', undefined, needs],
    ]);
  });

  test('steps may be told the targets', () => {
    const seen: string[][] = [];
    const told = make('told', { effects: ({ targets }) => (seen.push(targets.map((h) => h.name)), []) });
    const op = operation({ id: 'o', title: 'o', why: 'o', steps: [told] });
    makePlan(op, cluster, bareFacts(cluster), { targets: ['w1'] });
    makePlan(op, cluster, bareFacts(cluster));
    expect(seen[0]).toEqual(['w1']);
    expect(seen.at(-1)).toEqual(['m1', 'm2', 'm3', 'w1']);
  });
});

test('an operation refuses steps in the wrong order and equal names', () => {
  const a = make('a', {});
  const b = make('b', { after: [a] });
  expect(() => operation({ id: 'o', title: 'o', why: 'o', steps: [b, a] })).toThrow('b comes after a');
  expect(() => operation({ id: 'o', title: 'o', why: 'o', steps: [a, make('a', {})] })).toThrow('two steps named a');
});

/** Random graphs without cycles: each task needs some of those before it. */
const graphs = fc
  .array(fc.tuple(fc.array(fc.nat(30), { maxLength: 5 }), fc.nat(3)), { minLength: 1, maxLength: 25 })
  .map((rows) =>
    rows.map(
      ([needs, host], i): Task => ({
        id: `t${i}/h${host}`,
        step: `t${i}`,
        host: `h${host}`,
        title: '',
        needs: [...new Set(needs.filter((n) => n < i).map((n) => `t${n}/h${rows[n]?.[1]}`))],
        activity: 'applyEffects',
        policy: 'quick',
      }),
    ),
  );

const reach = (tasks: readonly Task[]): Map<string, Set<string>> => {
  const out = new Map<string, Set<string>>();
  const visit = (id: string): Set<string> => {
    const known = out.get(id);
    if (known) return known;
    const found = new Set<string>();
    for (const need of tasks.find((t) => t.id === id)?.needs ?? []) {
      found.add(need);
      for (const further of visit(need)) found.add(further);
    }
    out.set(id, found);
    return found;
  };
  for (const t of tasks) visit(t.id);
  return out;
};

test('reduceNeeds keeps who waits for whom, sorts, and no edge that is left can go', () => {
  fc.assert(
    fc.property(graphs, fc.infiniteStream(fc.nat()), (tasks, order) => {
      const shuffled = [...tasks]
        .map((t) => [order.next().value as number, t] as const)
        .sort(([a], [b]) => a - b)
        .map(([, t]) => t);
      const reduced = reduceNeeds(shuffled);
      expect(reach(reduced)).toEqual(reach(tasks));
      const seen = new Set<string>();
      for (const t of reduced) {
        expect(t.needs.every((n) => seen.has(n))).toBe(true);
        seen.add(t.id);
      }
      const closure = reach(tasks);
      for (const t of reduced) for (const n of t.needs) expect(t.needs.some((o) => closure.get(o)?.has(n))).toBe(false);
    }),
  );
});

test('lanes hold every task once, on one host, and wait for each other without a circle', () => {
  fc.assert(
    fc.property(graphs, (tasks) => {
      const reduced = reduceNeeds(tasks);
      const lanes = lanesOf(reduced);
      expect(lanes.flatMap((l) => l.tasks.map((t) => t.id)).sort()).toEqual(reduced.map((t) => t.id).sort());
      for (const lane of lanes) expect(lane.tasks.every((t) => t.host === lane.host)).toBe(true);
      expect(() =>
        reduceNeeds(lanes.map((l) => ({ ...(l.tasks[0] as Task), id: l.id, needs: l.needs }))),
      ).not.toThrow();
    }),
  );
});

test('a circle and an unknown need are named', () => {
  const t = (id: string, needs: string[]): Task => ({
    id,
    step: id,
    host: 'h',
    title: '',
    needs,
    activity: 'applyEffects',
    policy: 'quick',
  });
  expect(() => reduceNeeds([t('a', ['b']), t('b', ['a'])])).toThrow('a → b → a');
  expect(() => reduceNeeds([t('a', ['x'])])).toThrow('no task x');
});

describe('add-worker', () => {
  test('touches its targets and one master that answers', () => {
    const { m1: _, ...others } = bareFacts(cluster);
    const { plan } = makePlan(addWorker, cluster, others, { targets: ['w1'] });
    const on = (host: string) => plan.tasks.filter((t) => t.host === host).map((t) => t.step);
    expect(on('w1')).toEqual(expect.arrayContaining(['base-system', 'certificates', 'load-balancer', 'join-worker']));
    expect(on('m2')).toEqual(['node-labels', 'check-health']);
    expect(on('w1').length + on('m2').length).toBe(plan.tasks.length);
  });

  test('a new worker changes nothing of what the other hosts shall have', async () => {
    const before = await clusterFrom('{name: t, hosts: {m1: 10.0.0.1, w1: 10.0.0.4}, masters: [m1], workers: [w1]}');
    const after = addHosts(before, 'worker', ['w2=10.0.0.5']).cluster;
    const effectsOf = (c: Cluster, host: string) =>
      makePlan(initCluster, c, bareFacts(c))
        .plan.tasks.filter((t) => t.host === host && t.step !== 'node-labels')
        .map((t) => [t.id, t.effects]);
    for (const host of ['m1', 'w1']) expect(effectsOf(after, host)).toEqual(effectsOf(before, host));
  });
});

describe('add-master and add-etcd', () => {
  const grown = async () => {
    const before = await clusterFrom(
      '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, e1: 10.0.0.3, w1: 10.0.0.4, w2: 10.0.0.6}, masters: [m1, m2], workers: [w1, w2], etcd: [e1]}',
    );
    return {
      before,
      after: addHosts(before, 'master', ['m3=10.0.0.5', 'm4=10.0.0.7']).cluster,
      withEtcd: addHosts(before, 'etcd', ['m2', 'e2=10.0.0.8']).cluster,
    };
  };

  test('joins one by one, and tells all hosts when all have joined', async () => {
    const { after } = await grown();
    const { w2: _, ...facts } = bareFacts(after);
    const { plan } = makePlan(addMaster, after, facts, { targets: ['m3', 'm4'] });
    const task = (id: string) => plan.tasks.find((t) => t.id === id);
    expect(task('join-master/m4')?.needs).toContain('join-master/m3');
    for (const host of ['m1', 'm2', 'e1', 'w1']) expect(task(`tell-all/${host}`)?.needs).toEqual(['join-master/m4']);
    expect(task('tell-all/w2')?.skip).toContain('init-cluster --cluster t');
    const done = [...new Set(plan.tasks.filter((t) => !['m3', 'm4'].includes(t.host)).map((t) => t.step))].sort();
    expect(done).toEqual(['check-health', 'kubeadm-config', 'node-labels', 'tell-all']);
  });

  test.each([
    { what: addMaster, targets: ['m3', 'm4'] },
    { what: addEtcd, targets: ['m2', 'e2'] },
  ])('$what.id leaves nothing to change to an init-cluster that comes after it', async ({ what, targets }) => {
    const { before, after: masters, withEtcd } = await grown();
    const after = what === addEtcd ? withEtcd : masters;
    const formed = { etcd: { state: 'existing' as const } };
    const effectsOn = (host: string, { plan, effects }: PlanWithEffects): Effect[] =>
      plan.tasks.filter((t) => t.host === host).flatMap((t) => effects[t.effects ?? ''] ?? []);
    const told = makePlan(what, after, bareFacts(after, formed), { targets });
    for (const { name } of before.hosts.filter((h) => !targets.includes(h.name))) {
      const had = effectsOn(name, makePlan(initCluster, before, bareFacts(before, formed)));
      const wanted = effectsOn(name, makePlan(initCluster, after, bareFacts(after, formed)));
      const isLabel = (e: Effect) => e.kind === 'command' && e.title.includes('labels');
      const isNew = (e: Effect) => !had.some((h) => isDeepStrictEqual(h, e)) && !isLabel(e);
      for (const effect of wanted.filter(isNew)) expect(effectsOn(name, told)).toContainEqual(effect);
      expect(wanted.filter(isNew).length, name).toBeGreaterThan(0);
    }
  });

  test('init-cluster misses no step that its own come after, but those of growth, of another way to the API and of maintenance', () => {
    const here: readonly Step[] = initCluster.steps;
    const missing = here.flatMap((s) => [...(s.after ?? []), ...(s.afterAll ?? [])]).filter((s) => !here.includes(s));
    expect([...new Set(missing.map((s) => s.id))].sort()).toEqual([
      'api-server-etcd',
      'authorities-replaced',
      'cluster-endpoint',
      'credentials',
      'join-etcd',
      'kubeadm-config',
      'leave-role',
      'rejoin-etcd',
      'renewed-certificates-control-plane',
      'renewed-certificates-kubelets',
      'settle',
      'tell-all',
    ]);
  });

  test('who leaves is told of first, then gives back its vote, then is forgotten and reset', async () => {
    const { withEtcd: before } = await grown();
    const after = withoutHosts(before, ['m2', 'e2']);
    const plan = (names: string[]) =>
      makePlan(removeNode, withoutHosts(before, names), bareFacts(before), { leaving: { names, before } }).plan.tasks;
    const tasks = plan(['m2', 'e2']);
    const needs = (id: string) => tasks.find((t) => t.id === id)?.needs;
    expect(needs('tell-all/w1')).toEqual([]);
    expect(needs('leave-etcd/m2')).toEqual([...after.hosts.map((h) => `tell-all/${h.name}`), 'drain/m2'].sort());
    expect(needs('leave-etcd/e2')).toEqual(['leave-etcd/m2']);
    expect(needs('api-server-etcd/m1')).toEqual(['leave-etcd/e2']);
    expect(needs('delete-node/m2')).toEqual(['leave-etcd/m2']);
    expect(needs('reset-host/e2')).toEqual(['api-server-etcd/m1', 'delete-node/m2']);
    expect(plan(['w1']).map((t) => t.id)).toEqual(['drain/w1', 'delete-node/w1', 'reset-host/w1']);
  });

  test('etcd is told by nothing that makes a member anew', async () => {
    const { before, withEtcd } = await grown();
    const manifestOf = (c: Cluster) => etcdManifest(c, hostNamed(c, 'e1'));
    expect(manifestOf(withEtcd)).toBe(manifestOf(before));
    const tasks = makePlan(addEtcd, withEtcd, bareFacts(withEtcd), { targets: ['m2', 'e2'] }).plan.tasks;
    const needs = (id: string) => tasks.find((t) => t.id === id)?.needs;
    expect(needs('join-etcd/e2')).toContain('join-etcd/m2');
    expect(needs('api-server-etcd/m1')).toEqual(['join-etcd/e2']);
    expect(needs('api-server-etcd/m2')).toEqual(['api-server-etcd/m1']);
    expect(needs('check-health/m1')).toEqual(expect.arrayContaining(['api-server-etcd/m2', 'kubeadm-config/m1']));
  });
});

describe('init-cluster', () => {
  test.each(topologies)('%s: the same input gives the same plan, and the plan is JSON', async (topology) => {
    const c = await goldenCluster(topology);
    const a = makePlan(initCluster, c, bareFacts(c));
    const b = makePlan(initCluster, structuredClone(c), bareFacts(c));
    expect(a.plan.digest).toBe(b.plan.digest);
    expect(JSON.parse(JSON.stringify(a))).toEqual(a);
  });

  test('a plan that was approved is the same plan a minute later, and another one where other things would be done', () => {
    const at = (facts: Partial<Facts>) => makePlan(initCluster, cluster, bareFacts(cluster, facts)).plan.digest;
    const once = at({ clock: { hostMs: 1, workerMs: 1 }, memoryMiB: 4000 });
    expect(at({ clock: { hostMs: 60_001, workerMs: 60_000 }, memoryMiB: 3999 })).toBe(once);
    expect(at({ etcd: { state: 'existing' } })).not.toBe(once);
  });

  test('no barrier: a worker installs everything while the first master initialises', () => {
    const { plan } = makePlan(initCluster, cluster, bareFacts(cluster));
    const before = reach(plan.tasks);
    expect(before.get('images/w1')).toEqual(
      new Set(['base-system/w1', 'package-repositories/w1', 'container-runtime/w1', 'kubernetes-packages/w1']),
    );
    expect([...(before.get('init-first-master/m1') ?? [])].some((id) => id.endsWith('/w1'))).toBe(false);
  });

  test('masters join one by one, the first behind init', () => {
    const { plan } = makePlan(initCluster, cluster, bareFacts(cluster));
    const before = reach(plan.tasks);
    expect(before.get('join-master/m3')?.has('join-master/m2')).toBe(true);
    expect(before.get('join-master/m2')?.has('init-first-master/m1')).toBe(true);
  });

  test('a member of the cluster keeps its kubelet, and a formed etcd is never new again', () => {
    const joined = bareFacts(cluster, { kubernetes: { joined: true, manifests: [] }, etcd: { state: 'existing' } });
    const { plan, effects } = makePlan(initCluster, cluster, joined);
    const task = (id: string) => plan.tasks.find((t) => t.id === id);
    expect(task('standalone-kubelet/m1')?.skip).toContain('member of the cluster');
    expect(effects[task('etcd/m1')?.effects ?? '']).toEqual(
      expect.arrayContaining([effects[task('etcd-formed/m1')?.effects ?? '']?.[0]]),
    );
    expect(JSON.stringify(effects)).not.toContain('initial-cluster-state: new');
  });

  test('a host that needs another resolver than the others gets it', async () => {
    const { kubeadmJoinConfig } = await import('../../../src/parts/kubeadm-api/registry.ts');
    const host = cluster.hosts[3] as Cluster['hosts'][number];
    const request = { token: 't', caPin: 'sha256:0', endpoint: 'e:1', controlPlane: false };
    expect(kubeadmJoinConfig(cluster, host, factsOf(cluster, host, { resolvedStub: true }), request)).toContain(
      '/run/systemd/resolve/resolv.conf',
    );
    expect(kubeadmJoinConfig(cluster, host, factsOf(cluster, host), request)).not.toContain('/run/systemd');
  });
});
