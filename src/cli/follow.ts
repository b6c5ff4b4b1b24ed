import { KhaError } from '../cluster/error.ts';
import type { Operations, Outcome } from '../ports/operations.ts';
import type { Progress } from '../workflows/protocol.ts';
import { isStuck } from '../workflows/waits-for.ts';
import type { Context } from './context.ts';
import { wrap } from './output/fit.ts';
import { frame } from './ui/frame.ts';
import { changeLines } from './ui/lines.ts';
import { createPainter } from './ui/painter.ts';

export type Followed =
  | { end: 'over'; outcome: Outcome; progress: Progress | undefined }
  /** Only where `stopWhenStuck`. */
  | { end: 'stuck'; progress: Progress }
  | { end: 'interrupted' };

export interface FollowOptions {
  cluster: string;
  runId: string;
  /** `tree`: live on a terminal. `lines`: one line an event. `json`: a document a change. */
  mode: 'tree' | 'lines' | 'json';
  stopWhenStuck: boolean;
}

const TICK_MS = 500;
/** For people who watch a picture, and for those who read lines. */
const POLL_MS = { tree: 1000, lines: 2000, json: 2000 };
/** Each running lane is one more query: big clusters are asked less often. */
const POLL_MS_PER_LANE = 15;
/** An answer that takes longer is worth a word. */
const PATIENCE_MS = 3000;
const LONGEST_PAUSE_MS = 10_000;
const DESCRIBE_EVERY = 5;

/** Shows an operation until it is over. Outlives restarts of Temporal and workers that are gone for a while. */
export async function follow(context: Context, operations: Operations, options: FollowOptions): Promise<Followed> {
  const { cluster, runId } = options;
  const abort = context.interrupt();
  const view = createView(context, options.mode);
  let progress: Progress | undefined;
  let failures = 0;
  // Whoever waits for the command shall not wait for the next look too.
  const over = new AbortController();
  operations.outcome(cluster, runId).then(
    () => over.abort(),
    () => undefined,
  );
  try {
    for (let round = 0; !abort.aborted; round++) {
      let pause = POLL_MS[options.mode];
      try {
        const asked = operations.progress(cluster, runId).catch((error: unknown) => error as Error);
        const seen = await answerShowing(context, view, asked, abort);
        if (!seen) break;
        if (!(seen instanceof Error)) {
          progress = seen;
          pause += POLL_MS_PER_LANE * seen.lanes.length;
          view.show(seen);
        }
        // Asked also now and then while all is well: an operation may be terminated from outside.
        const closing = over.signal.aborted || progress?.phase === 'done' || progress?.phase === 'aborted';
        if (seen instanceof Error || closing || round % DESCRIBE_EVERY === 0) {
          const about = await operations.describe(cluster, runId);
          if (about && about.state !== 'running') {
            const outcome = await operations.outcome(cluster, runId);
            return { end: 'over', outcome, progress };
          }
        }
        if (seen instanceof Error) throw seen;
        failures = 0;
        view.notice(undefined);
        if (options.stopWhenStuck && progress && isStuck(progress)) return { end: 'stuck', progress };
      } catch (error) {
        if (!(error instanceof KhaError) || error.blame !== 'temporal') throw error;
        pause = Math.min(LONGEST_PAUSE_MS, POLL_MS[options.mode] * 2 ** failures++);
        view.notice(`${error.message} Trying again every few seconds. ${error.hint ?? ''}`.trim());
      }
      await waitShowing(context, view, pause, over.signal.aborted ? abort : AbortSignal.any([abort, over.signal]));
    }
    return { end: 'interrupted' };
  } finally {
    view.end();
  }
}

/** Waits for an answer, lets the clocks go on, and says so when it takes long. Undefined at Ctrl-C. */
async function answerShowing<T>(
  context: Context,
  view: View,
  asked: Promise<T>,
  abort: AbortSignal,
): Promise<T | undefined> {
  const since = context.now();
  const answer = asked.then((value) => ({ value }));
  for (;;) {
    const came = await Promise.race([answer, context.sleep(TICK_MS, abort)]);
    if (came) return came.value;
    if (abort.aborted) return undefined;
    if (context.now() - since >= PATIENCE_MS)
      view.notice('No answer yet; still asking. The operation does not depend on it.');
    view.tick();
  }
}

/** Waits, and lets the clocks of a live picture go on meanwhile. */
async function waitShowing(context: Context, view: View, ms: number, abort: AbortSignal): Promise<void> {
  const until = context.now() + ms;
  for (let left = ms; left > 0 && !abort.aborted; left = until - context.now()) {
    await context.sleep(Math.min(TICK_MS, left), abort);
    view.tick();
  }
}

interface View {
  show(progress: Progress): void;
  /** Trouble that people should know of while they wait; undefined: it is over. */
  notice(text: string | undefined): void;
  tick(): void;
  end(): void;
}

function createView(context: Context, mode: FollowOptions['mode']): View {
  if (mode === 'tree') return treeView(context);
  let before: Progress | undefined;
  let trouble: string | undefined;
  return {
    show(progress) {
      if (mode === 'json') {
        const text = JSON.stringify(progress);
        if (text !== JSON.stringify(before)) context.print(text);
      } else for (const line of changeLines(before, progress, context.now(), context.paint)) context.print(line);
      before = progress;
    },
    notice(text) {
      if (text === trouble) return;
      context.say(text ?? 'kha answers again.');
      trouble = text;
    },
    tick: () => undefined,
    end: () => undefined,
  };
}

function treeView(context: Context): View {
  const { stdout, paint } = context;
  const painter = createPainter(stdout);
  let progress: Progress | undefined;
  let trouble: string | undefined;
  const draw = (height: number | undefined): void => {
    const width = Math.max(20, (stdout.columns ?? 80) - 1);
    const foot = trouble === undefined ? [] : ['', ...wrap(trouble, width).map((line) => paint('yellow', line))];
    if (progress && isStuck(progress) && trouble === undefined)
      foot.push('', paint('yellow', 'Waits for you. Ctrl-C stops watching only.'));
    const room = height === undefined ? {} : { height: Math.max(4, height - foot.length - 1) };
    const lines = progress ? frame(progress, { width, now: context.now(), paint, ...room }) : [];
    painter.draw([...lines, ...foot]);
  };
  return {
    show(next) {
      progress = next;
      draw(stdout.rows ?? 24);
    },
    notice(text) {
      if (text === trouble) return;
      trouble = text;
      draw(stdout.rows ?? 24);
    },
    tick: () => draw(stdout.rows ?? 24),
    end: () => painter.end(),
  };
}
