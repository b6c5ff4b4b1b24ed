import { setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import type { Board } from './board.ts';
import { abortSignal, type Decisions, decisionOf, retrySignal, skipSignal, yieldSignal } from './decisions.ts';
import type { Gates } from './gates.ts';
import { hearGates } from './hear-gates.ts';
import { refusal, taskNews, whyNot } from './lane.ts';
import type { Phase, TaskView } from './protocol.ts';
import { type RunningLane, type RunningLanes, toLanes } from './running-lanes.ts';
import type { Sayings } from './said.ts';
import { isExact, isSelected } from './selection.ts';
import { readWord, type Word } from './words.ts';

/** Where an operation is to go, beside what its plan says. */
export interface Course {
  /** Digest of the declaration that is carried out. */
  declaration: string;
  /** Digest of the one that replaces it at the next boundary. */
  corrected?: string;
  abort?: {
    reason: string;
    /** A person rejected what it was about to do. */
    isRejection?: true;
  };
}

interface Hearing {
  board: Board;
  decisions: Decisions;
  lanes: RunningLanes;
  gates: Gates;
  sayings: Sayings;
  course: Course;
  phase: () => Phase;
  /** Something is different: shows it, and wakes the walk. */
  say: () => void;
}

/** Stops at the next boundary: nothing new starts, what runs comes to its end. */
export async function stopAtBoundary({ decisions, lanes, say }: Pick<Hearing, 'decisions' | 'lanes' | 'say'>) {
  decisions.stop();
  say();
  await toLanes(lanes.all(), yieldSignal, []);
}

/** Hears what lanes and people say to an operation. Nothing that comes by signal breaks it; what is not heeded is said. */
export function listen(hearing: Hearing): void {
  const { board, decisions, lanes, gates, sayings, course, phase, say } = hearing;
  /** Tasks whose word was passed on to their lane, and when they had parked: one word is enough for each parking. */
  const passedOn = new Map<string, number | undefined>();

  setHandler(taskNews, (view) => {
    // Anybody can send a signal of this name.
    if (!board.all().some((known) => known.id === view?.id)) return;
    board.take([view]);
    say();
  });
  setHandler(refusal, (refused) => {
    if (typeof refused?.text !== 'string') return;
    sayings.refused(refused.text, typeof refused.by === 'string' ? refused.by : undefined);
    say();
  });

  /** Acts on a parked task. Returns why not. */
  const decide = async (view: TaskView, word: Word): Promise<string | undefined> => {
    const isStale = word.parkedAt !== undefined && word.parkedAt !== view.endedAt;
    if (isStale || passedOn.get(view.id) === view.endedAt) return whyNot('parked', isStale);
    if (view.gate) {
      if (word.say === 'skip') return 'a gate can not be left out; approve or reject it';
      return gates.again(view.id) ? undefined : whyNot(view.state, false);
    }
    if (word.say === 'skip' && view.vital)
      return 'without it there is no plan; repair the host, or take it out of the file';
    if (decisions.isWaiting(view.id))
      return decisions.note(view.id, decisionOf(word)) ? undefined : whyNot('parked', false);
    const lane = lanes.of(view.id);
    if (lane) {
      passedOn.set(view.id, view.endedAt);
      await pass(lane, word, view.id);
      return undefined;
    }
    // Its child was ended from outside, or it reads a host: it stands on the board alone.
    const decision = decisionOf(word);
    if (decision.say === 'skip') board.set(view.id, 'skipped', { detail: decision.reason });
    else board.set(view.id, 'waiting', { round: view.round + 1 });
    return undefined;
  };

  const pass = (lane: RunningLane, { say: verb, reason, by, parkedAt }: Word, task: string): Promise<void> =>
    toLanes([lane], verb === 'retry' ? retrySignal : skipSignal, [
      {
        task,
        ...(reason === undefined ? {} : { reason }),
        ...(by === undefined ? {} : { by }),
        ...(parkedAt === undefined ? {} : { parkedAt }),
      },
    ]);

  /** Acts on all that one selection means. */
  const decideAll = async (selection: string, word: Word): Promise<void> => {
    const meant = board.all().filter((view) => isSelected(selection, view));
    const parked = meant.filter((view) => view.state === 'parked');
    const what = `${word.say} of ${selection}`;
    const done: string[] = [];
    const troubles: string[] = [];
    for (const view of parked) {
      const trouble = await decide(view, word);
      if (trouble === undefined) done.push(view.id);
      else troubles.push(`${word.say} of ${view.id}: ${trouble}`);
    }
    // A lane may have parked a moment ago and its news be on the way: it knows best.
    const unsure = new Set(meant.filter((v) => v.state !== 'parked').map((v) => lanes.of(v.id)));
    for (const lane of unsure) if (lane) await pass(lane, word, selection);
    const [first] = meant;
    if (done.length > 0) {
      const which = isExact(selection) ? '' : ` (${listed(done)})`;
      sayings.heeded(`${what}${which}${word.reason === undefined ? '' : `: ${word.reason}`}`, word.by);
    }
    for (const trouble of troubles.slice(0, 3)) sayings.refused(trouble, word.by);
    if (parked.length > 0) return;
    if (!first) sayings.refused(`${what}: there is no such task`, word.by);
    else if (!isExact(selection)) sayings.refused(`${what}: nothing of it was parked`, word.by);
    else if (!lanes.of(first.id)) sayings.refused(`${what}: ${whyNot(first.state, false)}`, word.by);
  };

  const correct = async (declaration: string, by: string | undefined): Promise<void> => {
    const before = course.corrected;
    course.corrected = declaration;
    sayings.heeded(`retry with a corrected file${before === undefined ? '' : ', instead of the one before'}`, by);
    await stopAtBoundary(hearing);
  };

  const endIt = async ({ reason, by }: Word): Promise<void> => {
    if (board.all().some((view) => view.id === reason || view.host === reason)) {
      sayings.refused(`abort of ${reason}: abort ends the whole operation; skip leaves a task out`, by);
      return;
    }
    course.abort = { reason: `${reason ?? 'no reason given'}${by === undefined ? '' : ` (${by})`}` };
    sayings.heeded(`abort${reason === undefined ? '' : `: ${reason}`}`, by);
    await stopAtBoundary(hearing);
  };

  const whyOver = (): string | undefined => {
    if (course.abort)
      return `the operation is ending, ${course.abort.isRejection ? 'rejected' : 'aborted'}: ${course.abort.reason}`;
    if (phase() === 'restore') return 'the operation is ending';
    return phase() === 'tidy' || phase() === 'done' ? 'everything is done already' : undefined;
  };

  const hear = async (verb: 'retry' | 'skip' | 'abort', input: unknown[]): Promise<void> => {
    const word = readWord(verb, input);
    if ('problem' in word) sayings.refused(`${verb} is not understood: ${word.problem}`);
    else if (whyOver() !== undefined) sayings.refused(`${verb}: ${whyOver()}`, word.by);
    else if (verb === 'abort') await endIt(word);
    else if (word.declaration !== undefined && word.declaration !== course.declaration)
      await correct(word.declaration, word.by);
    else if (course.corrected !== undefined)
      sayings.refused(`${verb}: a corrected file came before, all that is left is planned anew from it`, word.by);
    else for (const selection of word.tasks) await decideAll(selection, word);
    say();
  };
  hearGates({ gates, sayings, whyOver, say });
  setHandler(retrySignal, (...input) => hear('retry', input));
  setHandler(skipSignal, (...input) => hear('skip', input));
  setHandler(abortSignal, (...input) => hear('abort', input));
  setDefaultSignalHandler((name) => {
    sayings.refused(`the signal ${name.slice(0, 40)} is not known; known are approve, reject, retry, skip and abort`);
    say();
  });
}

const listed = (ids: readonly string[]): string =>
  ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
