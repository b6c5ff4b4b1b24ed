import type { AnyCommand, CompletionKind, OptionSpec } from '../command.ts';
import { commands } from '../commands/index.ts';
import { globalOptions, kebab } from '../program.ts';
import { topics } from '../topics.ts';

export interface Candidate {
  value: string;
  about?: string;
}

/** What stands at a place; undefined: nothing is known. `files`: the shell knows better. */
export type Candidates = Candidate[] | 'files';

/** Looks up names that only the store or Temporal know. `words`: what was typed before. */
export type Lookup = (kind: CompletionKind, before: { cluster: string | undefined }) => Promise<Candidates>;

/** Candidates for the last of the words, which may be empty. */
export async function complete(words: readonly string[], lookup: Lookup): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const found = findCommand(before);
  if (!found) return matching(nextWords(before), current);
  const { record, rest } = found;

  const typed = readTyped(record, rest);
  const context = { cluster: typed.values['cluster'] };
  const inline = /^(--[a-z-]+)=(.*)$/.exec(current);
  if (inline?.[1] !== undefined) {
    const name = inline[1];
    const all = await valuesOf(optionNamed(record, name)?.spec, lookup, context);
    if (all === 'files') return all;
    return matching(
      all.map((c) => ({ ...c, value: `${name}=${c.value}` })),
      current,
    );
  }
  if (typed.pending) return filtered(await valuesOf(typed.pending, lookup, context), current);
  if (current.startsWith('-')) return matching(optionsOf(record, rest), current);
  const argument = Object.entries(record.arguments)[typed.positional];
  if (!argument) return [];
  const [name, spec] = argument;
  if (spec.choices)
    return matching(
      spec.choices.map((value) => ({ value })),
      current,
    );
  if (spec.complete === undefined) return [];
  return filtered(await lookup(spec.complete, name === 'cluster' ? { cluster: undefined } : context), current);
}

function findCommand(words: readonly string[]): { record: AnyCommand; rest: readonly string[] } | undefined {
  const [first, second] = words;
  for (const record of commands) {
    const names = record.name.split(' ');
    if (names[0] === first && names.length === 1) return { record, rest: words.slice(1) };
    if (names[0] === first && names[1] === second) return { record, rest: words.slice(2) };
  }
  return undefined;
}

/** Commands, or the second words of a group. */
function nextWords(before: readonly string[]): Candidate[] {
  const [first, ...more] = before;
  if (first === undefined) {
    const seen = new Map<string, Candidate>();
    for (const { name, summary } of commands) {
      const [word = '', second] = name.split(' ');
      if (!seen.has(word)) seen.set(word, second === undefined ? { value: word, about: summary } : { value: word });
    }
    return [...seen.values(), { value: 'help', about: 'Help on a command or a topic' }];
  }
  if (first === 'help') {
    const names = [...new Set(commands.map((c) => c.name.split(' ')[0] ?? ''))];
    return more.length > 0 ? [] : [...names, ...Object.keys(topics)].map((value) => ({ value }));
  }
  if (more.length > 0) return [];
  return commands
    .filter((c) => c.name.startsWith(`${first} `))
    .map((c) => ({ value: c.name.split(' ')[1] ?? '', about: c.summary }));
}

interface Typed {
  values: Record<string, string>;
  positional: number;
  /** The option whose value is being typed. */
  pending?: OptionSpec;
}

function readTyped(record: AnyCommand, words: readonly string[]): Typed {
  const typed: Typed = { values: {}, positional: 0 };
  const names = Object.keys(record.arguments);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-') || word === '-') {
      const name = names[typed.positional++];
      if (name !== undefined) typed.values[name] = word;
      continue;
    }
    const option = optionNamed(record, word);
    if (!option || option.spec.kind === 'flag' || word.includes('=')) continue;
    const value = words[i + 1];
    if (value === undefined) return { ...typed, pending: option.spec };
    typed.values[option.name] = value;
    i++;
  }
  return typed;
}

function optionNamed(record: AnyCommand, word: string): { name: string; spec: OptionSpec } | undefined {
  const flag = word.split('=')[0];
  for (const [name, spec] of Object.entries(record.options))
    if (flag === `--${kebab(name)}` || (spec.short !== undefined && flag === `-${spec.short}`)) return { name, spec };
  for (const option of globalOptions())
    if (flag === option.long && option.required)
      return {
        name: option.attributeName(),
        spec: { kind: 'choice', value: 'VALUE', about: '', choices: option.argChoices ?? [] },
      };
  return undefined;
}

function optionsOf(record: AnyCommand, typed: readonly string[]): Candidate[] {
  const own = Object.entries(record.options)
    .filter(([name, spec]) => !spec.hidden && (spec.kind === 'list' || !typed.includes(`--${kebab(name)}`)))
    .map(([name, spec]) => ({ value: `--${kebab(name)}`, about: spec.about }));
  const shared = globalOptions().map((o) => ({ value: o.long ?? '', about: o.description }));
  return [...own, ...shared, { value: '--help', about: 'Show help.' }];
}

async function valuesOf(
  spec: OptionSpec | undefined,
  lookup: Lookup,
  context: { cluster: string | undefined },
): Promise<Candidates> {
  if (!spec || spec.kind === 'flag') return [];
  if (spec.kind === 'choice') return spec.choices.map((value) => ({ value }));
  return spec.complete === undefined ? [] : lookup(spec.complete, context);
}

const matching = (all: readonly Candidate[], current: string): Candidate[] =>
  all.filter((c) => c.value.startsWith(current));

const filtered = (all: Candidates, current: string): Candidates => (all === 'files' ? all : matching(all, current));
