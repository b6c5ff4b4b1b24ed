import { formatDuration } from '../../formats/duration.ts';
import type { Operation } from '../../graph/operation.ts';
import type { Plan } from '../../graph/plan.ts';
import type { Step } from '../../graph/step.ts';
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
  const hosts = new Set(plan.tasks.filter((t) => !t.gate).map((t) => t.host)).size;
  const lines = [
    `${paint('bold', `${plan.operation} · ${plan.cluster}`)} ${paint('dim', `· ${plan.tasks.filter((t) => !t.gate).length} tasks on ${hosts} ${hosts === 1 ? 'host' : 'hosts'}${options.digest ? ` · plan ${plan.digest.slice(0, 12)}` : ''}`)}`,
  ];
  const steps = entriesOf(plan, operation);
  steps.forEach(({ step, tasks, isGate }, i) => {
    const last = i === steps.length - 1;
    const rail = last ? '   ' : '│  ';
    lines.push(`${paint('dim', last ? '└─' : '├─')} ${paint(isGate ? 'yellow' : 'cyan', step.id)}  ${step.title}`);
    const detail = (text: string): void => {
      for (const line of wrap(text, Math.max(20, width - 6)))
        lines.push(`${paint('dim', rail)}   ${paint('dim', line)}`);
    };
    const at = operation.steps.findIndex((s) => s.id === step.id);
    const behind = at < 0 ? [] : operation.steps.slice(at).map((s) => s.id);
    const needs = stepsBefore(tasks, plan).filter((id) => !behind.includes(id));
    if (needs.length > 0) detail(`after ${needs.join(', ')}`);
    if (isGate) {
      for (const line of gateDetail(tasks)) detail(line);
      return;
    }
    const doing = tasks.filter((t) => t.skip === undefined).map((t) => t.host);
    if (doing.length > 0) {
      const list = operation.rolls?.some((s) => s.id === step.id)
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

interface Entry {
  step: Pick<Step, 'id' | 'title' | 'order'>;
  tasks: Task[];
  isGate?: true;
}

/** The steps that have tasks, each gate before the first step that it is about. */
function entriesOf(plan: Plan, operation: Operation): Entry[] {
  const gates = new Map<string, Entry>();
  for (const task of plan.tasks.filter((t) => t.gate)) {
    const entry = gates.get(task.step) ?? { step: { id: task.step, title: task.title }, tasks: [], isGate: true };
    entry.tasks.push(task);
    gates.set(task.step, entry);
  }
  const entries: Entry[] = operation.steps
    .map((step) => ({ step, tasks: plan.tasks.filter((t) => t.step === step.id) }))
    .filter(({ tasks }) => tasks.length > 0);
  for (const gate of gates.values()) {
    const guards = new Set(gate.tasks.flatMap((t) => t.gate?.guards ?? []));
    const at = entries.findIndex(({ tasks, isGate }) => !isGate && tasks.some((t) => guards.has(t.id)));
    entries.splice(Math.max(0, at), 0, gate);
  }
  return entries;
}

/** How often is asked, and what comes when nobody answers. */
function gateDetail(tasks: readonly Task[]): string[] {
  const [gate] = tasks.flatMap((t) => t.gate ?? []);
  if (!gate) return [];
  const each = tasks.map((t) => t.gate?.hosts.join(' + ') ?? '').join(' → ');
  if (gate.kind === 'window')
    return [each, `holds until ${gate.windows.join(', ')}; a host counts as ${gate.hostMinutes} minutes`];
  const times = tasks.length === 1 ? 'asks once' : `asks ${tasks.length} times: ${each}`;
  const end =
    gate.expiresSeconds === undefined
      ? 'for as long as it takes'
      : `for ${formatDuration(gate.expiresSeconds)}, then: ${gate.outcome}`;
  return [`${times}; ${end}`, `rejected: ${gate.onReject === 'end' ? 'the operation ends' : 'the host is left out'}`];
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
