import type { Store } from '../../../src/ports/store.ts';
import type { Schedules } from '../../../src/ports/schedules.ts';
import type { Operations } from '../../../src/ports/operations.ts';
import { plain } from '../../../src/cli/colour.ts';
import type { Context } from '../../../src/cli/context.ts';
import { declined, needsAnswer } from '../../../src/cli/errors.ts';
import { findHome } from '../../../src/home.ts';

export interface FakeContext extends Context {
  out: string[];
  talk: string[];
  questions: string[];
}

/** A context whose clock moves with its sleeps, and that keeps what was printed. */
export function fakeContext(
  world: {
    store?: Store;
    operations?: Operations;
    schedules?: Schedules;
    /** Answers to questions; absent: no terminal. */
    answer?: boolean;
    now?: number;
    abort?: AbortSignal;
    /** Called at each sleep. */
    onSleep?: () => void;
  } = {},
): FakeContext {
  let now = world.now ?? 0;
  const out: string[] = [];
  const talk: string[] = [];
  const questions: string[] = [];
  const missing = (what: string) => async () => {
    throw new Error(`this test gave no ${what}`);
  };
  const { store, operations, schedules } = world;
  return {
    out,
    talk,
    questions,
    env: {},
    global: { color: 'never', quiet: false, verbose: false, debug: false, address: undefined, namespace: undefined },
    stdout: { write: (text) => out.push(text), columns: 80, rows: 24 },
    stderr: { write: (text) => talk.push(text) },
    interactive: world.answer !== undefined,
    paint: plain,
    paintTalk: plain,
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      world.onSleep?.();
    },
    interrupt: () => world.abort ?? new AbortController().signal,
    print: (text) => void out.push(text),
    say: (text) => void talk.push(text),
    confirm: async (question, { yes, flag }) => {
      if (yes) return;
      questions.push(question);
      if (world.answer === undefined) throw needsAnswer(question, flag);
      if (!world.answer) throw declined('no');
    },
    confirmName: async (question, { name, given, flag }) => {
      questions.push(question);
      if (given === undefined) throw needsAnswer(question, `${flag} ${name}`);
      if (given !== name) throw declined('no');
    },
    askSecret: async () => 'typed',
    home: () => findHome({ KHA_HOME: '/nowhere/kha', HOME: '/nowhere' }),
    by: () => 'anna@desk',
    store: store ? async () => store : missing('store'),
    operations: operations ? async () => operations : missing('operations'),
    schedules: schedules ? async () => schedules : missing('schedules'),
    ssh: missing('ssh'),
    close: async () => undefined,
  };
}
