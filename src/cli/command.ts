import type { Context } from './context.ts';

/** What may stand at a place of the command line, for completion. */
export type CompletionKind =
  | 'file'
  | 'cluster'
  | 'host'
  | 'task'
  | 'step'
  | 'operation'
  | 'scheduled'
  | 'schedule'
  | 'secret';

interface OptionBase {
  /** One letter, without dash. */
  short?: string;
  about: string;
  complete?: CompletionKind;
  hidden?: boolean;
}

export interface TextOption extends OptionBase {
  kind: 'text';
  /** Name of the value in help, for example `FILE`. */
  value: string;
  /** Environment variable that gives the value where the flag is absent. */
  env?: string;
}
export interface ListOption extends OptionBase {
  kind: 'list';
  value: string;
}
export interface FlagOption extends OptionBase {
  kind: 'flag';
}
export interface ChoiceOption<T extends string = string> extends OptionBase {
  kind: 'choice';
  value: string;
  choices: readonly T[];
}

export type OptionSpec = TextOption | ListOption | FlagOption | ChoiceOption;
/** By name in camel case: `acceptHostKeys` is `--accept-host-keys`. */
export type OptionSpecs = Record<string, OptionSpec>;

export const text = (spec: Omit<TextOption, 'kind'>): TextOption => ({ kind: 'text', ...spec });
/** May be given several times, or with commas in between. */
export const list = (spec: Omit<ListOption, 'kind'>): ListOption => ({ kind: 'list', ...spec });
export const flag = (spec: Omit<FlagOption, 'kind'>): FlagOption => ({ kind: 'flag', ...spec });
export const choice = <const T extends string>(spec: Omit<ChoiceOption<T>, 'kind'>): ChoiceOption<T> => ({
  kind: 'choice',
  ...spec,
});

export interface ArgumentSpec {
  about: string;
  required: boolean;
  complete?: CompletionKind;
  choices?: readonly string[];
}
/** In their order on the command line. */
export type ArgumentSpecs = Record<string, ArgumentSpec>;

export const argument = (spec: Omit<ArgumentSpec, 'required'>): ArgumentSpec & { required: true } => ({
  ...spec,
  required: true,
});
export const optionalArgument = (spec: Omit<ArgumentSpec, 'required'>): ArgumentSpec & { required: false } => ({
  ...spec,
  required: false,
});

type OptionValue<S extends OptionSpec> = S extends FlagOption
  ? boolean
  : S extends ListOption
    ? string[]
    : S extends ChoiceOption<infer T>
      ? T | undefined
      : string | undefined;

/** What a handler gets: every declared argument and option, by its name. */
export interface Input<A extends ArgumentSpecs, O extends OptionSpecs> {
  args: { [K in keyof A]: A[K]['required'] extends true ? string : string | undefined };
  options: { [K in keyof O]: OptionValue<O[K]> };
}

export type Handler<I> = (context: Context, input: I) => Promise<void>;

export type CommandGroup = 'Operations' | 'Watch and decide' | 'Clusters and hosts' | 'Service' | 'Help';

export interface CommandRecord<A extends ArgumentSpecs = ArgumentSpecs, O extends OptionSpecs = OptionSpecs> {
  /** As it is typed after `kha`; words of a group stand before: `secret put`. */
  name: string;
  group: CommandGroup;
  summary: string;
  description: string;
  examples: { run: string; does: string }[];
  /** Related commands. */
  see?: readonly string[];
  arguments: A;
  options: O;
  hidden?: boolean;
  /** Loads the code, only when the command runs: help and completion must be fast. */
  load: () => Promise<{ run: Handler<Input<A, O>> }>;
}

/** A record whose handler's input is erased, as the registry holds it. */
export type AnyCommand = Omit<CommandRecord, 'load'> & { load: () => Promise<{ run: Handler<never> }> };

export function command<A extends ArgumentSpecs, O extends OptionSpecs>(record: CommandRecord<A, O>): AnyCommand {
  return record;
}
