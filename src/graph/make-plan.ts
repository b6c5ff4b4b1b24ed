import { type ApprovalRule, withRules } from '../cluster/approvals.ts';
import { batchesOf } from '../cluster/batches.ts';
import { type Cluster, comeTo, type Host, hostsNamed } from '../cluster/cluster.ts';
import { pillars } from '../cluster/role.ts';
import type { FactsByHost } from '../cluster/facts.ts';
import { type Settings, withSettings } from '../cluster/settings.ts';
import { isStanding } from '../cluster/standing.ts';
import { digest } from '../formats/digest.ts';
import { addGates } from './add-gates.ts';
import { reduceNeeds } from './edges.ts';
import type { Effect } from './effects/registry.ts';
import type { Operation } from './operation.ts';
import type { PlanWithEffects } from './plan.ts';
import type { PlanContext, Step } from './step.ts';
import type { Task } from './task.ts';

export interface PlanOptions {
  /** Of the operation, over the declaration's. */
  settings?: Settings;
  /** Run id of the operation, where one runs. */
  run?: string;
  /** Only these steps; what they need is taken as done. */
  only?: readonly string[];
  skipSteps?: readonly string[];
  /** Names of the hosts that it is for; absent: all. */
  targets?: readonly string[];
  /** Hosts that leave the cluster or a role, none perhaps where settings change, and the cluster as it was. */
  leaving?: { names: readonly string[]; before: Cluster };
  /** Who is to be asked, beside those whom the declaration asks. */
  approvals?: readonly ApprovalRule[];
  /** In the place of the declaration's maintenance windows; empty: at any time. */
  windows?: readonly string[];
}

/** Turns an operation into tasks and the edges between them. Pure: the same input gives the same plan and digest. */
export function makePlan(
  operation: Operation,
  declared: Cluster,
  facts: FactsByHost,
  options: PlanOptions = {},
): PlanWithEffects {
  const cluster = withSettings(declared, options.settings);
  const some = options.only ? operation.steps.filter((s) => options.only?.includes(s.id)) : operation.steps;
  const steps = some.filter((s) => !options.skipSteps?.includes(s.id));
  const targets = hostsNamed(cluster, options.targets);
  const { run } = options;
  const context: PlanContext = { cluster, facts, targets, next: cluster, ...(run === undefined ? {} : { run }) };
  const { names = [], before } = options.leaving ?? {};
  const come = operation.changes ? comeTo(cluster, before) : targets;
  const left = (before ?? cluster).hosts.filter((h) => names.includes(h.name));
  const contextOf = (s: Step): PlanContext =>
    s.leaving && before ? { cluster: before, facts, targets: left, next: cluster } : context;
  const moved = before && operation.removes !== 'lost' ? names : targets.map((t) => t.name);
  const concernsAll =
    operation.changes !== undefined ||
    [...pillars(before ?? cluster), ...pillars(cluster)].some((h) => moved.includes(h.name));
  const placesOf = (s: Step): Host[] => {
    if (s.leaving && !operation.maintains) return before ? s.hosts(before).filter((h) => left.includes(h)) : [];
    const hosts = s.hosts(cluster);
    if (s.everywhere && !concernsAll) return [];
    if (s.forCluster) {
      const one = hosts.find((h) => facts[h.name]) ?? hosts[0];
      return one ? [one] : [];
    }
    return s.everywhere ? hosts : hosts.filter((h) => come.includes(h));
  };
  const places = new Map(steps.map((s) => [s, placesOf(s)]));
  const hostsOf = new Map([...places].map(([s, hosts]) => [s, hosts.map((h) => h.name)]));
  const effects: Record<string, Effect[]> = {};
  const tasks: Task[] = [];

  const isEarly = operation.maintains && !isStanding(cluster, facts);
  const isSpared = (s: Step): boolean => operation.rolls?.includes(s) === true && s.restores === undefined;

  // A step that is left out or has no host passes its own needs on, so that what stands behind it keeps its place.
  const reach = (before: readonly Step[]): Step[] =>
    before.flatMap((b) =>
      hostsOf.get(b)?.length
        ? [b]
        : operation.steps.includes(b)
          ? reach([...(b.after ?? []), ...(b.afterAll ?? [])])
          : [],
    );

  for (const s of steps) {
    let previous: string | undefined;
    for (const host of places.get(s) ?? []) {
      const needs = new Set<string>();
      for (const before of reach(s.after ?? [])) {
        const on = hostsOf.get(before) ?? [];
        for (const name of on.includes(host.name) ? [host.name] : on) needs.add(`${before.id}/${name}`);
      }
      for (const before of reach(s.afterAll ?? []))
        for (const name of hostsOf.get(before) ?? []) needs.add(`${before.id}/${name}`);
      if (s.order === 'one-by-one' && previous) needs.add(previous);
      const task: Task = {
        id: `${s.id}/${host.name}`,
        step: s.id,
        host: host.name,
        title: s.title,
        needs: [...needs].sort(),
        activity: s.activity ?? 'applyEffects',
        policy: s.policy,
      };
      const skip =
        (isEarly && s.needsCluster && 'there is no cluster yet') ||
        s.skipWhen?.(contextOf(s), host) ||
        (isSpared(s) && operation.spares?.(contextOf(s), host));
      if (skip) task.skip = skip;
      else if (s.effects) {
        const list = s.effects(contextOf(s), host);
        task.effects = digest(list);
        effects[task.effects] = list;
      }
      if (s.restores && hostsOf.get(s.restores)?.includes(host.name)) task.restores = `${s.restores.id}/${host.name}`;
      tasks.push(task);
      previous = task.id;
    }
  }
  for (const s of steps)
    if (s.batches)
      inBatches(
        tasks.filter((t) => t.step === s.id),
        s.batches(contextOf(s)),
      );
  const batches = operation.rolls ? roll(operation.rolls, cluster, tasks) : batchesOf(cluster, targets);
  const former = before ?? cluster;
  const gated = addGates(passSkipped(tasks), {
    operation,
    cluster: cluster.name,
    masters: [...former.roles.masters, ...cluster.roles.masters],
    batches: [...batches, ...batchesOf(former, left)].map((batch) => batch.map((host) => host.name)),
    rules: withRules(cluster.approvals.rules, options.approvals),
    tells: cluster.approvals.webhook !== undefined,
    windows: options.windows ?? cluster.maintenance.window,
    hostMinutes: cluster.maintenance.hostMinutes,
  });
  const reduced = reduceNeeds(gated);
  const body = {
    operation: operation.id,
    cluster: cluster.name,
    declaration: digest(declared),
    tasks: reduced,
  };
  // Facts have clocks and free space in them: what they mean for the plan is in its tasks.
  return { plan: { ...body, facts: digest(facts), digest: digest(body) }, effects };
}

/**
 * Lets each host go through the steps in their order, and each batch of hosts wait for the one before it. A host on which there
 * is nothing to do, or only something to put back, waits for nobody, and nobody waits for it. Returns the batches.
 */
function roll(rolls: readonly Step[], cluster: Cluster, tasks: readonly Task[]): Host[][] {
  const order = rolls.map((s) => s.id);
  const rolling = tasks
    .filter((t) => order.includes(t.step))
    .sort((a, b) => order.indexOf(a.step) - order.indexOf(b.step));
  for (const [i, task] of rolling.entries()) {
    const before = rolling.slice(0, i).findLast((t) => t.host === task.host);
    if (before) need(task, [before]);
  }
  const away = rolling.filter((t) => !t.skip && t.restores === undefined).map((t) => t.host);
  const batches = batchesOf(cluster, hostsNamed(cluster, away));
  inBatches(rolling, batches);
  return batches;
}

/** Lets each batch of hosts wait for the one before it. */
function inBatches(tasks: readonly Task[], batches: readonly Host[][]): void {
  let before: Task[] = [];
  for (const batch of batches) {
    const now = tasks.filter((t) => batch.some((host) => host.name === t.host));
    if (now.length === 0) continue;
    for (const task of now) need(task, before);
    before = now;
  }
}

function need(task: Task, before: readonly Task[]): void {
  task.needs = [...new Set([...task.needs, ...before.map((t) => t.id)])].sort();
}

/** What is skipped is over before it starts: it passes its needs on to those behind it, and keeps nobody waiting itself. */
function passSkipped(tasks: readonly Task[]): Task[] {
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const through = (id: string): string[] => {
    const task = byId.get(id);
    return task?.skip ? task.needs.flatMap(through) : [id];
  };
  return tasks.map((t) => ({ ...t, needs: t.skip ? [] : [...new Set(t.needs.flatMap(through))].sort() }));
}
