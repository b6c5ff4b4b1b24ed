import { type Effect, effectKind } from '../../src/graph/effects/registry.ts';
import type { Operation } from '../../src/graph/operation.ts';
import type { PlanWithEffects } from '../../src/graph/plan.ts';
import type { Task } from '../../src/graph/task.ts';

export interface PlanTextOptions {
  /** List what each host will have, below each task. */
  effects?: boolean;
}

/** A plan as a tree for people: per host its steps, why they are there, and what they wait for in words. */
export function explainPlan(
  operation: Operation,
  { plan, effects }: PlanWithEffects,
  options: PlanTextOptions = {},
): string {
  const whys = new Map(operation.steps.map((s) => [s.id, s.why]));
  const hosts = [...new Set(plan.tasks.map((t) => t.host))];
  const tasksOf = new Map(hosts.map((host) => [host, plan.tasks.filter((t) => t.host === host)]));
  const hostsOf = new Map<string, string[]>();
  for (const t of plan.tasks) hostsOf.set(t.step, [...(hostsOf.get(t.step) ?? []), t.host]);

  const out = [
    `${operation.title} (${operation.id}) of ${plan.cluster}: ${plan.tasks.length} tasks on ${count(hosts.length, 'host')}`,
    `plan ${plan.digest.slice(0, 12)}`,
  ];
  for (const [first, ...others] of alike(hosts, (host) => shape(tasksOf.get(host) ?? [], hostsOf))) {
    if (first === undefined) continue;
    const tasks = tasksOf.get(first) ?? [];
    out.push(
      '',
      others.length === 0 ? first : `${listed([first, ...others])} (${others.length + 1} hosts, each by itself)`,
    );
    tasks.forEach((task, i) => {
      const last = i === tasks.length - 1;
      const rail = last ? '   ' : '│  ';
      out.push(`${last ? '└─ ' : '├─ '}${task.title} (${task.step})${task.skip ? `: skipped, ${task.skip}` : ''}`);
      // Each step says its reason once, where it is met first.
      const why = whys.get(task.step);
      if (why !== undefined) out.push(`${rail}  ${why}`);
      whys.delete(task.step);
      const waits = waitsFor(task, tasks[i - 1], hostsOf);
      if (waits !== '') out.push(`${rail}  waits for ${waits}`);
      else if (i > 0 && task.needs.length === 0) out.push(`${rail}  waits for nothing`);
      if (options.effects) out.push(...titles(effects[task.effects ?? ''] ?? []).map((t) => `${rail}  • ${t}`));
    });
  }
  return `${out.join('\n')}\n`;
}

const titles = (effects: readonly Effect[]): string[] => effects.map((effect) => effectKind(effect).title(effect));

/** Hosts with the same tasks and the same waits stand together, so that a thousand workers are one entry. */
function alike(hosts: readonly string[], key: (host: string) => string): string[][] {
  const groups = new Map<string, string[]>();
  for (const host of hosts) groups.set(key(host), [...(groups.get(key(host)) ?? []), host]);
  return [...groups.values()];
}

const shape = (tasks: readonly Task[], hostsOf: ReadonlyMap<string, string[]>): string =>
  JSON.stringify(tasks.map((t, i) => [t.step, t.skip, waitsFor(t, tasks[i - 1], hostsOf)]));

/** What a task waits for, without what stands right above it. */
function waitsFor(task: Task, above: Task | undefined, hostsOf: ReadonlyMap<string, string[]>): string {
  const byStep = new Map<string, string[]>();
  for (const need of task.needs.filter((n) => n !== above?.id)) {
    const [step = '', host = ''] = need.split('/');
    byStep.set(step, [...(byStep.get(step) ?? []), host]);
  }
  return [...byStep]
    .map(([step, hosts]) => {
      if (hosts.length === 1 && hosts[0] === task.host) return step;
      const all = hosts.length > 1 && hosts.length === hostsOf.get(step)?.length;
      return all ? `${step} on all ${hosts.length} hosts` : `${step} on ${listed(hosts)}`;
    })
    .join(', ');
}

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/** `w1, w2, w3`, or the ends of a long list. */
const listed = (names: readonly string[]): string =>
  names.length <= 6 ? names.join(', ') : `${names.slice(0, 3).join(', ')} … ${names.at(-1)}`;
