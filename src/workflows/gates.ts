import { condition, isCancellation, proxyActivities, upsertMemo } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import type { ApprovalGate, Gate, WindowGate } from '../graph/gate.ts';
import type { Task } from '../graph/task.ts';
import { type Board, isOver } from './board.ts';
import type { Decisions } from './decisions.ts';
import { failureOf } from './failure.ts';
import { type GateRefusal, judgeGates, type Verdict, verdictText } from './judge-gate.ts';
import { now } from './now.ts';
import { policies } from './policies.ts';
import { EXPIRY_MEMO, type Failure, type TaskView } from './protocol.ts';
import type { TaskContext } from './run-task.ts';
import type { Sayings } from './said.ts';
import type { Telling } from './tell-gates.ts';
import type { Word } from './words.ts';

interface Around {
  board: Board;
  decisions: Decisions;
  sayings: Sayings;
  planDigest: () => string | undefined;
  /** Something is different: shows it, and wakes the walk. */
  say: () => void;
  tell: Telling['tell'];
  /** Ends the operation at the next boundary. */
  end: (reason: string) => Promise<void>;
}

/** The gates of an operation: who waits at them, and what was decided. */
export interface Gates {
  /** Waits at a gate until it is passed or what is behind it is left out. False: the operation stops before. */
  pass: (task: Task, context: TaskContext) => Promise<boolean>;
  /** Which gates a word is on, or why it is not taken. Changes nothing. */
  judge: (word: Word) => TaskView[] | GateRefusal;
  /** Takes a word on gates that `judge` gave. */
  decide: (word: Word, gates: readonly TaskView[], came: 'update' | 'signal') => void;
  /** Asks once more at a gate that nobody decided on in time. */
  again: (gate: string) => boolean;
  /** A new pass begins: what was decided ahead was on another plan. */
  restart: () => void;
}

export function createGates({ board, decisions, sayings, planDigest, say, tell, end }: Around): Gates {
  const verdicts = new Map<string, Verdict>();
  const again = new Set<string>();
  const isDecided = (id: string): boolean => verdicts.has(id);

  /** Until it is decided, or everything stops, or this time comes; absent: for ever. */
  const wait = async (id: string, until?: number): Promise<void> => {
    const isEnough = (): boolean => decisions.stopped() || isDecided(id) || again.has(id);
    if (until === undefined) await condition(isEnough);
    else if (until > now()) await condition(isEnough, until - now());
  };

  /** False where there is nothing to do behind it. */
  const look = async (task: Task, gate: Gate, context: TaskContext): Promise<boolean> => {
    if (!gate.looks) return true;
    board.set(task.id, 'running');
    say();
    try {
      const found = await proxyActivities<Activities>({
        ...policies.quick,
        summary: `${task.title} · look`,
      }).lookBeforeGate({ ...context.input, task, issuedAt: now() });
      board.set(task.id, found.changed ? 'running' : 'unchanged', { detail: found.detail });
      return found.changed;
    } catch (error) {
      if (isCancellation(error)) throw error;
      // Whoever is asked hears of it; that nothing is to be done is not known.
      board.set(task.id, 'running', { detail: `it could not be looked at: ${failureOf(error).message}` });
      return true;
    }
  };

  /** Until it is decided, or no reminder is left before its end. */
  const remind = async (id: string, every: number, until: number | undefined): Promise<void> => {
    for (;;) {
      const next = now() + every;
      if (until !== undefined && next >= until) return;
      await wait(id, next);
      if (decisions.stopped() || isDecided(id)) return;
      tell('reminder', board.view(id));
    }
  };

  const ask = async ({ id }: Task, gate: ApprovalGate, isPatient: boolean): Promise<void> => {
    for (;;) {
      again.delete(id);
      const since = now();
      const until = gate.expiresSeconds === undefined ? undefined : since + gate.expiresSeconds * 1000;
      const { gate: shown } = board.view(id);
      if (shown)
        board.set(id, 'asking', { startedAt: since, gate: { ...shown, ...(until === undefined ? {} : { until }) } });
      say();
      tell('requested', board.view(id));
      if (gate.remindSeconds !== undefined) await remind(id, gate.remindSeconds * 1000, until);
      await wait(id, until);
      if (decisions.stopped() || isDecided(id)) return;
      await expire(id, gate, since, isPatient);
      if (!again.has(id)) return;
    }
  };

  const expire = async (id: string, { outcome }: ApprovalGate, since: number, isPatient: boolean): Promise<void> => {
    const reason = `nobody decided from ${timeOf(since)} to ${timeOf(now())}`;
    sayings.heeded(`${id} expired: ${reason}; outcome: ${outcome}`, 'kha');
    // What nobody said stands in the history by this alone.
    upsertMemo({ [`${EXPIRY_MEMO}${id}`]: { at: now(), text: `${reason}; outcome: ${outcome}` } });
    tell('expired', board.view(id));
    if (outcome !== 'park') {
      verdicts.set(id, { say: outcome, at: now(), by: 'kha', reason });
      return;
    }
    board.set(id, 'parked', { failure: expired(id, reason) });
    say();
    if (isPatient) await wait(id);
  };

  const hold = async ({ id }: Task, gate: WindowGate): Promise<string | undefined> => {
    for (;;) {
      const minutes = measured(board, gate) ?? gate.hostMinutes;
      const opening = await proxyActivities<Activities>({
        ...policies.quick,
        summary: 'maintenance window',
      }).nextOpening({
        windows: gate.windows,
        at: now(),
        minutes,
      });
      if (decisions.stopped() || isDecided(id)) return undefined;
      if (opening.isOpen) return `open until ${timeOf(opening.until)}`;
      const { gate: shown } = board.view(id);
      if (shown)
        board.set(id, 'holding', {
          detail: `holds until ${timeOf(opening.opensAt)}: ${gate.windows.join(', ')}`,
          gate: { ...shown, until: opening.opensAt },
        });
      say();
      await wait(id, opening.opensAt);
      if (decisions.stopped() || isDecided(id)) return undefined;
    }
  };

  /** What is behind it on its hosts is not done. */
  const leaveOut = (gate: Gate, id: string, detail: string): void => {
    const reached = new Set([id]);
    for (const view of board.all()) {
      if (!view.needs.some((need) => reached.has(need)) || !gate.hosts.includes(view.host)) continue;
      reached.add(view.id);
      if (!isOver(view.state)) board.set(view.id, 'skipped', { detail });
    }
  };

  const conclude = async (gate: Gate, id: string, verdict: Verdict): Promise<void> => {
    const text = verdictText(verdict);
    if (verdict.say !== 'reject') {
      board.set(id, 'changed', { detail: gate.kind === 'window' ? `not held: ${text}` : text });
      return;
    }
    board.set(id, 'skipped', { detail: text });
    if (gate.onReject === 'leave-out') leaveOut(gate, id, text);
    else await end(`${id} was ${text}`);
  };

  return {
    pass: async (task, context) => {
      const { gate, id } = task;
      if (!gate || task.skip !== undefined) return true;
      if (gate.guards.every((guard) => isOver(board.view(guard).state))) {
        board.set(id, 'unchanged', { detail: 'what is behind it is done or left out' });
        return true;
      }
      if (!isDecided(id) && !(await look(task, gate, context))) return true;
      if (decisions.stopped()) return undone(board, id);
      let detail: string | undefined;
      if (!isDecided(id)) {
        if (gate.kind === 'window') detail = await hold(task, gate);
        else await ask(task, gate, context.onFailure === 'park');
      }
      const verdict = verdicts.get(id);
      if (detail !== undefined) board.set(id, 'unchanged', { detail });
      else if (verdict) await conclude(gate, id, verdict);
      else if (decisions.stopped()) return undone(board, id);
      // Parked, where nobody is waited for.
      else return false;
      say();
      return true;
    },
    judge: (word) =>
      judgeGates(word, { views: board.all(), verdictOf: (id) => verdicts.get(id), planDigest: planDigest() }),
    decide: ({ say: verb, by, reason }, gates, came) => {
      if (verb !== 'approve' && verb !== 'reject') return;
      const verdict: Verdict = {
        say: verb,
        at: now(),
        ...(by === undefined ? {} : { by }),
        ...(reason === undefined ? {} : { reason }),
      };
      for (const view of gates) {
        verdicts.set(view.id, verdict);
        tell(verb === 'approve' ? 'approved' : 'rejected', view, verdict);
      }
      const names = gates
        .map((v) => v.id)
        .slice(0, 5)
        .join(', ');
      const more = gates.length > 5 ? ` and ${gates.length - 5} more` : '';
      const signal = came === 'signal' ? { say: verb, gates: gates.map((v) => v.id) } : undefined;
      sayings.heeded(`${verb} of ${names}${more}${reason === undefined ? '' : `: ${reason}`}`, by, signal);
      say();
    },
    again: (gate) => {
      if (board.view(gate).state !== 'parked') return false;
      again.add(gate);
      return true;
    },
    restart: () => {
      verdicts.clear();
      again.clear();
    },
  };
}

/** It stands as if it had not been reached. */
function undone(board: Board, id: string): false {
  if (board.view(id).state !== 'parked') board.set(id, 'waiting');
  return false;
}

/** Minutes of the host that took longest so far, of those that had something to do. */
function measured(board: Board, { guards }: WindowGate): number | undefined {
  const steps = new Set(guards.map((id) => board.view(id).step));
  const hosts = new Map<string, TaskView[]>();
  for (const view of board.all())
    if (!view.gate && steps.has(view.step)) hosts.set(view.host, [...(hosts.get(view.host) ?? []), view]);
  const minutes = [...hosts.values()]
    .filter((views) => views.every((v) => isOver(v.state)) && views.some((v) => v.state === 'changed'))
    .map((views) => {
      const from = Math.min(...views.flatMap((v) => v.startedAt ?? []));
      const to = Math.max(...views.flatMap((v) => v.endedAt ?? []));
      return Math.ceil((to - from) / 60_000);
    });
  return minutes.length === 0 ? undefined : Math.max(1, ...minutes);
}

const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;

const expired = (id: string, reason: string): Failure => ({
  message: `${id}: ${reason}`,
  code: 'KHA7025',
  blame: 'configuration',
  hint: 'Decide now (kha approve, kha reject), or have it asked once more (kha retry).',
  lastLines: [],
});
