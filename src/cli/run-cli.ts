import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { KhaError } from '../cluster/error.ts';
import { type ColourMode, coloured, plain, wantsColour } from './colour.ts';
import type { Context, GlobalOptions, Out } from './context.ts';
import { usageError } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { hasAnswered } from './output/document.ts';
import { printError } from './print-error.ts';
import { buildProgram, type Invocation } from './program.ts';

/** The process, or what a test gives for it. */
export interface World {
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  stdout: Out;
  stderr: Out;
  /** Default: the real one. */
  createContext?: (world: World, global: GlobalOptions) => Promise<Context>;
}

/** Runs one command line and returns its exit code; prints what there is to print. */
export async function runCli(argv: readonly string[], world: World): Promise<ExitCode> {
  if (argv[0] === '__complete') return completeWords(argv.slice(1), world);
  const mode = colourMode(argv);
  const paint = wantsColour(world.stdout, world.env, mode) ? coloured : plain;
  const debug = argv.includes('--debug') || Boolean(world.env['KHA_DEBUG']);
  let context: Context | undefined;
  try {
    const invocation = parse(argv, world, paint);
    if (!invocation) return EXIT.ok;
    const { run } = await invocation.command.load();
    const create = world.createContext ?? (await import('./real-context.ts')).createContext;
    const made = await create(world, { ...invocation.global, debug });
    context = made;
    await run(made, invocation.input as never);
    return EXIT.ok;
  } catch (error) {
    // Findings are shown with their lines; the code for it is loaded only now.
    const found = error instanceof KhaError && error.findings.length > 0;
    return printError(error, {
      json: wantsJson(argv) && !(context && hasAnswered(context)),
      debug,
      paint: wantsColour(world.stderr, world.env, mode) ? coloured : plain,
      out: (text) => world.stdout.write(text),
      err: (text) => world.stderr.write(text),
      ...(found ? { renderFindings: (await import('../config/findings.ts')).renderFindings } : {}),
    });
  } finally {
    await context?.close();
  }
}

/** What shells call at a tab. Trouble shows as no candidates: a prompt is no place for errors. */
async function completeWords(words: readonly string[], world: World): Promise<ExitCode> {
  const { complete } = await import('./completion/complete.ts');
  const { createLookup } = await import('./completion/lookup.ts');
  const { createContext } = await import('./real-context.ts');
  const context = await (world.createContext ?? createContext)(world, NO_GLOBALS);
  try {
    const found = await complete(words, createLookup(context));
    const lines =
      found === 'files' ? [':files'] : found.map(({ value, about }) => (about ? `${value}\t${about}` : value));
    for (const line of lines) world.stdout.write(`${line}\n`);
    return EXIT.ok;
  } catch {
    return EXIT.failed;
  } finally {
    await context.close();
  }
}

const NO_GLOBALS: GlobalOptions = {
  color: 'never',
  quiet: true,
  verbose: false,
  debug: false,
  address: undefined,
  namespace: undefined,
};

/** Undefined where help or the version was asked for and printed. */
function parse(argv: readonly string[], world: World, paint: typeof plain): Invocation | undefined {
  let invocation: Invocation | undefined;
  const program = buildProgram({
    version: packageVersion(),
    paint,
    columns: Math.min(world.stdout.columns ?? 100, 120),
    write: (text) => void world.stdout.write(text),
    onInvocation: (found) => {
      invocation = found;
    },
  });
  if (argv.length === 0) {
    program.outputHelp();
    return undefined;
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    if (error.code === 'commander.help') {
      // A group without its command, `kha secret`: show what it has.
      const group = program.commands.find((c) => c.name() === argv[0]);
      group?.outputHelp();
      return undefined;
    }
    throw usageError(sentence(error.message), `See: kha ${helpFor(argv, program)}--help`);
  }
  return invocation;
}

const sentence = (message: string): string => {
  const text = message.replace(/^error: /, '');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? '' : '.'}`;
};

function helpFor(argv: readonly string[], program: ReturnType<typeof buildProgram>): string {
  let at = program;
  const words: string[] = [];
  for (const word of argv) {
    const next = at.commands.find((c) => c.name() === word);
    if (!next) continue;
    words.push(word);
    at = next;
  }
  return words.length > 0 ? `${words.join(' ')} ` : '';
}

/** Looked up by hand: the answer is needed also where the line can't be parsed. */
function valueOf(argv: readonly string[], long: string, short?: string): string | undefined {
  for (const [i, word] of argv.entries()) {
    if (word === '--') return undefined;
    if (word === long || (short !== undefined && word === short)) return argv[i + 1];
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1);
    if (short !== undefined && word.startsWith(short) && !word.startsWith('--')) return word.slice(short.length);
  }
  return undefined;
}

const wantsJson = (argv: readonly string[]): boolean => valueOf(argv, '--output', '-o') === 'json';

function colourMode(argv: readonly string[]): ColourMode {
  const value = valueOf(argv, '--color');
  return value === 'always' || value === 'never' ? value : 'auto';
}

/** Version in package.json, which lies two folders up from here in the sources and in the package. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
