import { hostname, userInfo } from 'node:os';
import type { Composition } from '../compose.ts';
import type { Operations } from '../ports/operations.ts';
import type { Schedules } from '../ports/schedules.ts';
import type { Store } from '../ports/store.ts';
import { coloured, plain, wantsColour } from './colour.ts';
import type { Context, GlobalOptions } from './context.ts';
import { declined, interrupted, needsAnswer, usageError } from './errors.ts';
import { findHome } from '../home.ts';
import type { World } from './run-cli.ts';

/** People wait for a store that is away for less long than workers do. */
const STORE_PATIENCE_MS = 10_000;

/** The real world: this machine's store, Temporal and hosts, each opened at first use. */
export async function createContext(world: World, global: GlobalOptions): Promise<Context> {
  const { env, stdin, stdout, stderr } = world;
  const home = findHome(env);
  const interactive = Boolean(stdin.isTTY && stderr.isTTY);
  const closers: (() => Promise<void>)[] = [];
  let store: Promise<Store> | undefined;
  let operations: Promise<Operations> | undefined;
  let schedules: Promise<Schedules> | undefined;
  let composition: Promise<Composition> | undefined;
  let interrupt: AbortController | undefined;

  const context: Context = {
    env,
    global,
    stdout,
    stderr,
    interactive,
    paint: wantsColour(stdout, env, global.color) ? coloured : plain,
    paintTalk: wantsColour(stderr, env, global.color) ? coloured : plain,
    now: () => Date.now(),
    sleep,
    interrupt() {
      if (!interrupt) {
        const controller = new AbortController();
        interrupt = controller;
        const stop = (): void => {
          // A second Ctrl-C must work even where the command hangs.
          if (controller.signal.aborted) process.exit(130);
          controller.abort();
        };
        process.on('SIGINT', stop);
        closers.push(async () => void process.off('SIGINT', stop));
      }
      return interrupt.signal;
    },
    print: (text) => void stdout.write(`${text}\n`),
    say(text) {
      if (!global.quiet) stderr.write(`${text}\n`);
    },
    async confirm(question, { yes, flag }) {
      if (yes) return;
      if (!interactive) throw needsAnswer(question, flag);
      const { confirm, isCancel } = await import('@clack/prompts');
      const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
      if (isCancel(answer)) throw interrupted();
      if (!answer) throw declined('Nothing was done: the answer was no.');
    },
    async confirmName(question, { name, given, flag }) {
      if (given === undefined && !interactive) throw needsAnswer(question, `${flag} ${name}`);
      const answer = given ?? (await askName(question, name));
      if (answer !== name) throw declined(`Nothing was done: ${answer || 'nothing'} is not ${name}.`);
    },
    async askSecret(question) {
      if (!stdin.isTTY) {
        const { text } = await import('node:stream/consumers');
        const value = (await text(stdin)).replace(/\r?\n$/, '');
        if (value === '') throw usageError('Standard input is empty.', 'Pipe the secret into the command.');
        return value;
      }
      const { isCancel, password } = await import('@clack/prompts');
      const answer = await password({
        message: question,
        output: process.stderr,
        validate: (value) => (value ? undefined : 'It must not be empty.'),
      });
      if (isCancel(answer)) throw interrupted();
      return answer;
    },
    home: () => home,
    by: () => `${userInfo().username}@${hostname()}`,
    store() {
      store ??= import('../open-store.ts').then(async ({ openStore }) => {
        const opened = await openStore(home, { env, patienceMs: STORE_PATIENCE_MS });
        closers.push(() => opened.close());
        return opened;
      });
      return store;
    },
    operations() {
      operations ??= import('../adapters/temporal-operations.ts').then(async ({ connectOperations }) => {
        const connected = await connectOperations(home, temporalEnvironment(env, global));
        closers.push(() => connected.close());
        return connected;
      });
      return operations;
    },
    schedules() {
      schedules ??= import('../adapters/temporal-schedules.ts').then(async ({ connectSchedules }) => {
        const connected = await connectSchedules(home, temporalEnvironment(env, global));
        closers.push(() => connected.close());
        return connected;
      });
      return schedules;
    },
    async ssh(cluster) {
      composition ??= import('../compose.ts').then(async ({ compose }) => {
        const made = compose(await context.store());
        closers.push(() => made.close());
        return made;
      });
      return (await composition).ssh(cluster);
    },
    async close() {
      await Promise.allSettled(closers.splice(0).map((close) => close()));
    },
  };
  return context;
}

/** The environment with the flags over it. */
export const temporalEnvironment = (env: NodeJS.ProcessEnv, global: GlobalOptions): NodeJS.ProcessEnv => ({
  ...env,
  ...(global.address === undefined ? {} : { TEMPORAL_ADDRESS: global.address }),
  ...(global.namespace === undefined ? {} : { TEMPORAL_NAMESPACE: global.namespace }),
});

function sleep(ms: number, abort?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (abort?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      abort?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    abort?.addEventListener('abort', done);
  });
}

async function askName(question: string, name: string): Promise<string> {
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({ message: `${question} Type its name:`, placeholder: name, output: process.stderr });
  if (isCancel(answer)) throw interrupted();
  return answer ?? '';
}
