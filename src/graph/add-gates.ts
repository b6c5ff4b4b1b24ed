import type { ApprovalRule } from '../cluster/approvals.ts';
import { parseDuration } from '../formats/duration.ts';
import { APPROVAL_PREFIX, type Gate, WINDOW_STEP } from './gate.ts';
import type { Operation } from './operation.ts';
import type { Step } from './step.ts';
import type { Task } from './task.ts';

export interface Gating {
  operation: Operation;
  cluster: string;
  masters: readonly string[];
  /** Names of the hosts in the order in which they go through what is disruptive. */
  batches: readonly (readonly string[])[];
  rules: readonly ApprovalRule[];
  /** Somebody elsewhere is told of approvals. */
  tells: boolean;
  /** Times at which what is disruptive may begin; empty: always. */
  windows: readonly string[];
  hostMinutes: number;
}

/** What one gate is before. */
interface Guarded {
  /** Behind the slash of its id. */
  place: string;
  tasks: Task[];
  /** It is the whole plan. */
  isAll?: true;
}

/**
 * The tasks with those that ask a person or wait for a window before them. Steps that a host goes through as a whole have their gate before the
 * first of them: who is asked shall not keep a node empty meanwhile.
 */
export function addGates(tasks: readonly Task[], gating: Gating): Task[] {
  const { operation, cluster, masters, batches, rules, tells, windows, hostMinutes } = gating;
  let all = tasks.map((t) => ({ ...t }));
  const living = all.filter((t) => t.skip === undefined);
  // Who has only something to put back is not asked for, and waits for no window.
  const skipped = new Set(all.filter((t) => t.skip !== undefined).map((t) => t.id));
  const doing = living.filter((t) => t.restores === undefined || !skipped.has(t.restores));
  const rolls = new Set((operation.rolls ?? []).map((s) => s.id));
  const disruptive = new Set(operation.steps.filter((s) => s.disruptive || rolls.has(s.id)).map((s) => s.id));
  const isDisruptive = (t: Task): boolean => disruptive.has(t.step);

  const groupsOf = (chosen: readonly Task[], groups: readonly (readonly string[])[]): Guarded[] =>
    groups.flatMap((names) => {
      const guarded = chosen.filter((t) => names.includes(t.host));
      return guarded.length > 0 ? [{ place: guarded[0]?.host ?? cluster, tasks: guarded }] : [];
    });
  const byHost = (chosen: readonly Task[]): Guarded[] =>
    groupsOf(
      chosen,
      [...new Set(chosen.map((t) => t.host))].map((host) => [host]),
    );
  const guardedBy = ({ before, per }: ApprovalRule): Guarded[] => {
    if (before === 'start') return living.length > 0 ? [{ place: cluster, tasks: living, isAll: true }] : [];
    if (before === 'each-host') return byHost(doing.filter(isDisruptive));
    if (before === 'each-master') return byHost(doing.filter((t) => isDisruptive(t) && masters.includes(t.host)));
    if (before === 'each-batch') return groupsOf(doing.filter(isDisruptive), batches);
    const { id } = stepBehind(operation, before) ?? { id: before };
    const named = doing.filter((t) => t.step === id);
    const on = new Set(named.map((t) => t.host));
    const chosen = rolls.has(id) ? doing.filter((t) => rolls.has(t.step) && on.has(t.host)) : named;
    if (per === 'once') return chosen.length > 0 ? [{ place: cluster, tasks: chosen }] : [];
    return per === 'batch' ? groupsOf(chosen, batches) : byHost(chosen);
  };
  const add = (step: string, title: string, { place, tasks: guarded, isAll }: Guarded, gate: OwnPart): void => {
    const ids = new Set(guarded.map((t) => t.id));
    const behind = descendants(all, ids);
    // Those that wait for another of them wait for the gate by that.
    const first = new Set(all.filter((t) => ids.has(t.id) && !t.needs.some((n) => behind.has(n))).map((t) => t.id));
    const id = `${step}/${place}`;
    const needs = new Set(all.filter((t) => ids.has(t.id)).flatMap((t) => t.needs.filter((n) => !behind.has(n))));
    const looks = isAll ? [] : looksAt(guarded, operation);
    // Who is asked need not read which checks come with it.
    const grave = isAll ? [] : guarded.filter((t) => operation.steps.some((s) => s.id === t.step && s.disruptive));
    const task: Task = {
      id,
      step,
      host: place,
      title,
      needs: [...needs].sort(),
      activity: 'lookBeforeGate',
      policy: 'quick',
      gate: {
        ...gate,
        guards: isAll ? [...first] : guarded.map((t) => t.id),
        hosts: [...new Set(guarded.map((t) => t.host))],
        why: stepBehind(operation, step.slice(APPROVAL_PREFIX.length))?.why ?? operation.why,
        what: [...new Set((grave.length > 0 ? grave : guarded).map((t) => t.title))],
        ...(looks.length > 0 ? { looks } : {}),
      },
    };
    const at = all.findIndex((t) => ids.has(t.id));
    all = all.map((t) => (first.has(t.id) ? { ...t, needs: [...t.needs, id].sort() } : t));
    all.splice(at, 0, task);
  };

  const leavesOut = operation.maintains === true && !operation.isWhole;
  const asked = new Set<string>();
  for (const rule of rules)
    for (const guarded of guardedBy(rule)) {
      const key = guarded.tasks.map((t) => t.id).join(' ');
      if (asked.has(key)) continue;
      asked.add(key);
      const { before, outcome } = rule;
      const [expiresSeconds, remindSeconds] = [rule.expires, rule.remind].map((t) => parseDuration(t ?? ''));
      const isWide = before === 'start' || (rule.per === 'once' && guarded.place === cluster);
      add(`${APPROVAL_PREFIX}${before}`, titleOf(rule), guarded, {
        kind: 'approval',
        onReject: leavesOut && !isWide ? 'leave-out' : 'end',
        outcome,
        ...(expiresSeconds === undefined ? {} : { expiresSeconds }),
        ...(remindSeconds === undefined ? {} : { remindSeconds }),
        ...(tells ? { tells } : {}),
      });
    }
  if (windows.length > 0) {
    const held = doing.filter(isDisruptive);
    for (const guarded of rolls.size > 0 ? groupsOf(held, batches) : byHost(held))
      add(WINDOW_STEP, 'Maintenance window', guarded, {
        kind: 'window',
        onReject: leavesOut ? 'leave-out' : 'end',
        windows: [...windows],
        hostMinutes,
      });
  }
  return all;
}

/** The step of an operation that a rule is on. */
const stepBehind = ({ steps }: Operation, before: string): Step | undefined =>
  steps.find((s) => s.id === before) ?? steps.find((s) => s.countsAs?.id === before);

/** A gate without what follows from the tasks behind it. */
type OwnPart<G = Gate> = G extends Gate ? Omit<G, 'guards' | 'hosts' | 'what' | 'why' | 'looks'> : never;

/** One step may tell for all that a host goes through; effects tell for themselves, where there is nothing else. */
function looksAt(tasks: readonly Task[], { steps }: Operation): NonNullable<Gate['looks']> {
  const telling = tasks.filter((t) => steps.some((s) => s.id === t.step && s.looksFirst));
  const chosen = telling.length > 0 ? telling : tasks.every((t) => t.effects !== undefined) ? tasks : [];
  return chosen.map(({ step, host, effects }) => ({ step, host, ...(effects === undefined ? {} : { effects }) }));
}

function titleOf({ before }: ApprovalRule): string {
  if (before === 'start') return 'Approval before the start';
  const place = /^each-(.*)$/.exec(before)?.[1];
  return `Approval before ${place === undefined ? before : `each ${place}`}`;
}

/** These tasks and all that wait for one of them, directly or not. */
function descendants(tasks: readonly Task[], ids: ReadonlySet<string>): Set<string> {
  const dependents = new Map<string, string[]>();
  for (const t of tasks) for (const need of t.needs) dependents.set(need, [...(dependents.get(need) ?? []), t.id]);
  const found = new Set(ids);
  for (const id of found) for (const next of dependents.get(id) ?? []) found.add(next);
  return found;
}
