import type { TaskView } from '../../workflows/protocol.ts';
import { age, iso } from '../output/time.ts';

/** Hosts that are named before the rest is a number. */
const NAMED = 8;

/** `w1, w2 and 20 more`. */
export const hostList = (hosts: readonly string[]): string =>
  hosts.length > NAMED ? `${hosts.slice(0, NAMED).join(', ')} and ${hosts.length - NAMED} more` : hosts.join(', ');

/** When a gate asked, and until when. */
export function gateTimes({ state, startedAt, gate }: TaskView, now: number): string {
  const since = startedAt === undefined ? '' : `since ${iso(startedAt)} (${age(now - startedAt)})`;
  if (!gate?.until) return since;
  const left = gate.until > now ? ` (in ${age(gate.until - now)})` : '';
  if (state === 'holding') return `${since}, until ${iso(gate.until)}${left}`;
  const then = { park: 'it parks', reject: 'it counts as rejected', continue: 'it goes on' }[gate.outcome ?? 'park'];
  return `${since}, until ${iso(gate.until)}${left}, then ${then}`;
}

/** What waits at a gate: what it would do where, why, since when and until when. Labels with their texts. */
export function gateFacts(view: TaskView, now: number): [string, string][] {
  const { gate, detail } = view;
  if (!gate) return [];
  return [
    ['wants', `${gate.what.join(', ')}: ${hostList(gate.hosts)}`],
    ['why', [gate.why, detail].filter(Boolean).join(' ')],
    ['waits', gateTimes(view, now)],
  ];
}

/** What to type about a gate that waits. */
export const gateCommands = ({ id, state }: TaskView, cluster: string): string[] =>
  state === 'holding'
    ? [`kha approve ${cluster} ${id} --reason …`]
    : [`kha approve ${cluster} ${id} --reason …`, `kha reject ${cluster} ${id} --reason …`];
