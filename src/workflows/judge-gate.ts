import { APPROVAL_PREFIX, WINDOW_STEP } from '../graph/gate.ts';
import { isOver } from './board.ts';
import type { TaskView } from './protocol.ts';
import { isSelected } from './selection.ts';
import type { Word } from './words.ts';

/** What a person decided on a gate, or nobody in time. */
export interface Verdict {
  say: 'approve' | 'reject' | 'continue';
  at: number;
  reason?: string;
  by?: string;
}

/** Why an approval or rejection is not taken. */
export interface GateRefusal {
  code: string;
  /** A sentence without its end. */
  text: string;
}

interface Standing {
  views: readonly TaskView[];
  verdictOf: (gate: string) => Verdict | undefined;
  planDigest: string | undefined;
}

/** The gates that a word is on: those that wait, and those that will. Changes nothing. */
export function judgeGates(word: Word, { views, verdictOf, planDigest }: Standing): TaskView[] | GateRefusal {
  const gates = views.filter((v) => v.gate);
  const isOpen = (v: TaskView): boolean => !isOver(v.state) && !verdictOf(v.id);
  const waiting = gates.filter((v) => isOpen(v) && (v.state === 'asking' || v.state === 'parked'));
  const ids = listed(waiting);
  const hint = ids === '' ? 'no gate waits for a person now' : `these wait: ${ids}`;
  if (planDigest === undefined) return { code: 'KHA7023', text: 'there is no plan yet, so nothing is asked' };
  if (word.plan !== undefined && !(word.plan.length >= 8 && planDigest.startsWith(word.plan)))
    return {
      code: 'KHA7021',
      text: `it is on plan ${word.plan.slice(0, 12)}, but plan ${planDigest.slice(0, 12)} runs; look at it once more`,
    };
  if (gates.length === 0) return { code: 'KHA7020', text: 'this operation has no gates' };
  if (word.tasks.length === 0) {
    if (waiting.length === 1) return waiting;
    if (waiting.length > 1) return { code: 'KHA7024', text: `it must name the gate; ${hint}` };
    const held = gates.find((v) => v.state === 'holding');
    return {
      code: 'KHA7023',
      text: held
        ? `${held.id} waits for its maintenance window; name it to go on before`
        : `${hint}${comingOf(gates, isOpen)}`,
    };
  }
  const chosen = new Map<string, TaskView>();
  for (const selection of word.tasks) {
    const meant = gates.filter((v) => isMeant(selection, v));
    // All means all approvals: then there are windows alone.
    if (meant.length === 0 && selection === '*')
      return { code: 'KHA7020', text: `no approval is asked for; to go on before a window name it: ${listed(gates)}` };
    if (meant.length === 0)
      return { code: 'KHA7020', text: `there is no gate ${selection}; ${hint}${comingOf(gates, isOpen)}` };
    const open = meant.filter(isOpen);
    const [first] = meant;
    if (open.length === 0 && first) return { code: 'KHA7022', text: decidedText(first, verdictOf(first.id)) };
    for (const view of open) chosen.set(view.id, view);
  }
  return [...chosen.values()];
}

/** A gate by its name with or without `approve-`; a window only where it is named as one. */
function isMeant(selection: string, view: TaskView): boolean {
  if (view.gate?.kind === 'window') return selection.startsWith(WINDOW_STEP) && isSelected(selection, view);
  const short = { ...view, id: view.id.slice(APPROVAL_PREFIX.length), step: view.step.slice(APPROVAL_PREFIX.length) };
  return isSelected(selection, view) || isSelected(selection, short) || (view.gate?.hosts.includes(selection) ?? false);
}

function decidedText(view: TaskView, verdict: Verdict | undefined): string {
  if (!verdict) return `${view.id} is over: ${view.detail ?? view.state}`;
  return `${view.id} was decided already: ${verdictText(verdict)}`;
}

const comingOf = (gates: readonly TaskView[], isOpen: (v: TaskView) => boolean): string => {
  const coming = listed(gates.filter((v) => isOpen(v) && v.gate?.kind === 'approval' && v.state === 'waiting'));
  return coming === '' ? '' : `; still to come: ${coming}`;
};

const listed = (views: readonly TaskView[]): string => {
  const ids = views.slice(0, 5).map((v) => v.id);
  return [...ids, ...(views.length > 5 ? [`${views.length - 5} more`] : [])].join(', ');
};

const WORDS = { approve: 'approved', reject: 'rejected', continue: 'not decided in time, so it goes on' };

/** `approved by ann@desk: looks good`. */
export const verdictText = ({ say, by, reason }: Verdict): string =>
  `${WORDS[say]}${by === undefined ? '' : ` by ${by}`}${reason === undefined ? '' : `: ${reason}`}`;
