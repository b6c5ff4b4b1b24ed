import type { Operation } from '../../graph/operation.ts';
import type { Plan } from '../../graph/plan.ts';
import type { Task } from '../../graph/task.ts';
import type { Paint } from '../colour.ts';
import { wrap } from '../output/fit.ts';

/** A plan as a tree: its steps in order, what each waits for, and its hosts. `digest`: it is one that could be approved. */
export function planTree(
  plan: Plan,
  operation: Operation,
  options: { width: number; paint: Paint; digest: boolean },
): string[] {
  const { paint, width } = options;
  const hosts = new Set(plan.tasks.map((t) => t.host)).size;
  const lines = [
    `${paint('bold', `${plan.operation} · ${plan.cluster}`)} ${paint('dim', `· ${plan.tasks.length} tasks on ${hosts} ${hosts === 1 ? 'host' : 'hosts'}${options.digest ? ` · plan ${plan.digest.slice(0, 12)}` : ''}`)}`,
  ];
  const steps = operation.steps
    .map((step) => ({ step, tasks: plan.tasks.filter((t) => t.step === step.id) }))
    .filter(({ tasks }) => tasks.length > 0);
  steps.forEach(({ step, tasks }, i) => {
    const last = i === steps.length - 1;
    const rail = last ? '   ' : '│  ';
    lines.push(`${paint('dim', last ? '└─' : '├─')} ${paint('cyan', step.id)}  ${step.title}`);
    const detail = (text: string): void => {
      for (const line of wrap(text, Math.max(20, width - 6)))
        lines.push(`${paint('dim', rail)}   ${paint('dim', line)}`);
    };
    const behind = operation.steps.slice(operation.steps.indexOf(step)).map((s) => s.id);
    const needs = stepsBefore(tasks, plan).filter((id) => !behind.includes(id));
    if (needs.length > 0) detail(`after ${needs.join(', ')}`);
    const doing = tasks.filter((t) => t.skip === undefined).map((t) => t.host);
    if (doing.length > 0) {
      const list = operation.rolls?.includes(step)
        ? inTurns(plan, operation, doing)
        : doing.join(step.order === 'one-by-one' ? ' → ' : ', ');
      for (const line of wrap(list, Math.max(20, width - 6))) lines.push(`${paint('dim', rail)}   ${line}`);
    }
    for (const [reason, names] of skipped(tasks)) detail(`– ${names.join(', ')}: ${reason}`);
  });
  return lines;
}

/** Hosts that go at once stand together: their first tasks wait for the same. */
function inTurns(plan: Plan, { rolls = [] }: Operation, hosts: readonly string[]): string {
  const turns = new Map<string, string[]>();
  for (const host of hosts) {
    const first = plan.tasks.find((t) => t.host === host && !t.skip && rolls.some((s) => s.id === t.step));
    const turn = JSON.stringify(first?.needs.filter((id) => !id.endsWith(`/${host}`)));
    turns.set(turn, [...(turns.get(turn) ?? []), host]);
  }
  return [...turns.values()].map((turn) => turn.join(', ')).join(' → ');
}

/** Steps that its tasks wait for, on any host, in the order of the plan. */
function stepsBefore(tasks: readonly Task[], plan: Plan): string[] {
  const needed = new Set(tasks.flatMap((t) => t.needs));
  const steps = plan.tasks.filter((t) => needed.has(t.id) && t.step !== tasks[0]?.step).map((t) => t.step);
  return [...new Set(steps)];
}

function skipped(tasks: readonly Task[]): Map<string, string[]> {
  const byReason = new Map<string, string[]>();
  for (const { skip, host } of tasks) if (skip !== undefined) byReason.set(skip, [...(byReason.get(skip) ?? []), host]);
  return byReason;
}
