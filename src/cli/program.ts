import { stripVTControlCharacters } from 'node:util';
import { Argument, Command, Help, Option } from 'commander';
import type { Paint } from './colour.ts';
import type { AnyCommand, ArgumentSpecs, OptionSpec, OptionSpecs } from './command.ts';
import { commandGroups, commands } from './commands/index.ts';
import type { GlobalOptions } from './context.ts';
import { topics } from './topics.ts';

/** The command that was asked for, with its values. */
export interface Invocation {
  command: AnyCommand;
  input: { args: Record<string, string | undefined>; options: Record<string, unknown> };
  global: GlobalOptions;
}

interface ProgramOptions {
  version: string;
  paint: Paint;
  columns: number;
  write: (text: string) => void;
  onInvocation: (invocation: Invocation) => void;
}

export const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** `-f, --file <FILE>` */
export function flagsOf(name: string, spec: OptionSpec): string {
  const value = spec.kind === 'flag' ? '' : ` <${spec.value}>`;
  return `${spec.short ? `-${spec.short}, ` : ''}--${kebab(name)}${value}`;
}

/** The options of every command. */
export const globalOptions = (): Option[] => [
  new Option('--color <when>', 'Colours: auto (default), always or never.').choices(['auto', 'always', 'never']),
  new Option('-q, --quiet', 'Only data and errors.'),
  new Option('-v, --verbose', 'Say more.'),
  new Option('--debug', 'Stack traces with errors.'),
  new Option('--address <HOST:PORT>', 'Temporal, over TEMPORAL_ADDRESS.'),
  new Option('--namespace <NAME>', 'Namespace of Temporal, over TEMPORAL_NAMESPACE.'),
];

/** Builds commander's program from the records. */
export function buildProgram(options: ProgramOptions): Command {
  const { paint } = options;
  const program = new Command('kha');
  const dress = (c: Command): Command =>
    c
      .exitOverride()
      .configureOutput({ writeOut: options.write, writeErr: () => undefined, getOutHelpWidth: () => options.columns })
      .configureHelp({
        showGlobalOptions: c !== program,
        ...(c === program ? { formatHelp: commandsFirst } : {}),
        styleTitle: (text) => paint('bold', text),
        styleCommandText: (text) => paint('cyan', text),
        styleSubcommandTerm: (text) => paint('cyan', text),
        styleOptionTerm: (text) => paint('cyan', text),
        optionDescription: (option) =>
          option.argChoices && !option.argChoices.every((c) => option.description.includes(c))
            ? `${option.description} One of: ${option.argChoices.join(', ')}.`
            : option.description,
        subcommandTerm: (sub) => sub.name(),
        visibleCommands: (parent) => parent.commands.filter((s) => !hidden.has(s)),
        visibleGlobalOptions: () => program.options.filter((o) => !o.hidden),
      })
      .showSuggestionAfterError(true)
      .helpOption('-h, --help', 'Show help.');
  const hidden = new Set<Command>();

  dress(program)
    .usage('COMMAND [options]')
    .description(
      'Durable operations for highly available Kubernetes clusters: kubeadm over SSH, each one a Temporal workflow.',
    )
    .version(options.version, '-V, --version', 'Show the version.')
    .helpCommand(false)
    .addHelpText('after', () => afterHelp(paint));
  for (const option of globalOptions()) program.addOption(option);

  const groups = new Map<string, Command>();
  for (const record of commands) {
    const [first = '', second] = record.name.split(' ');
    let parent = program;
    if (second !== undefined) {
      let group = groups.get(first);
      if (!group) {
        group = dress(program.command(first))
          .description(commandGroups[first] ?? '')
          .helpGroup(`${record.group}:`);
        group.helpCommand(false).usage('COMMAND [options]');
        groups.set(first, group);
      }
      parent = group;
    }
    const sub = dress(parent.command(second ?? first, { hidden: record.hidden ?? false }));
    if (record.hidden) hidden.add(sub);
    sub.helpGroup(`${record.group}:`).summary(record.summary).description(record.description);
    addArguments(sub, record.arguments);
    addOptions(sub, record.options);
    sub.addHelpText('after', () => epilogue(record, paint));
    sub.allowExcessArguments(false).action((...all: unknown[]) => {
      const names = Object.keys(record.arguments);
      const args = Object.fromEntries(names.map((name, i) => [name, all[i] as string | undefined]));
      options.onInvocation({
        command: record,
        input: { args, options: valuesOf(sub, record.options) },
        global: readGlobal(program),
      });
    });
  }
  addHelpCommand(program, dress, options.write, paint);
  return program;
}

/** Whoever asks for help wants to know what there is to do; options come behind. */
function commandsFirst(c: Command, helper: Help): string {
  const blocks = Help.prototype.formatHelp.call(helper, c, helper).trimEnd().split('\n\n');
  const isOptions = (block: string): boolean => stripVTControlCharacters(block).startsWith('Options:');
  return `${[...blocks.filter((b) => !isOptions(b)), ...blocks.filter(isOptions)].join('\n\n')}\n`;
}

function addArguments(to: Command, specs: ArgumentSpecs): void {
  for (const [name, spec] of Object.entries(specs)) {
    const term = kebab(name).toUpperCase();
    const argument = new Argument(spec.required ? `<${term}>` : `[${term}]`, spec.about);
    if (spec.choices) argument.choices(spec.choices);
    to.addArgument(argument);
  }
}

function addOptions(to: Command, specs: OptionSpecs): void {
  for (const [name, spec] of Object.entries(specs)) {
    const option = new Option(flagsOf(name, spec), spec.about);
    if (spec.kind === 'choice') option.choices(spec.choices);
    if (spec.kind === 'list')
      option.argParser<string[]>((value, previous) => [...(Array.isArray(previous) ? previous : []), value]);
    if (spec.kind === 'text' && spec.env) option.env(spec.env);
    if (spec.hidden) option.hideHelp();
    to.addOption(option);
  }
}

function valuesOf(from: Command, specs: OptionSpecs): Record<string, unknown> {
  const raw = from.opts<Record<string, unknown>>();
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const option = from.options.find((o) => o.long === `--${kebab(name)}`);
      const value = option && raw[option.attributeName()];
      // commander stores `--no-x` as `x: false`.
      if (spec.kind === 'flag') return [name, option?.negate ? value === false : value === true];
      if (spec.kind === 'list') return [name, value ?? []];
      return [name, value];
    }),
  );
}

function readGlobal(program: Command): GlobalOptions {
  const raw = program.opts<Partial<GlobalOptions>>();
  return {
    color: raw.color ?? 'auto',
    quiet: raw.quiet ?? false,
    verbose: raw.verbose ?? false,
    debug: raw.debug ?? false,
    address: raw.address,
    namespace: raw.namespace,
  };
}

function epilogue(record: AnyCommand, paint: Paint): string {
  const lines = ['', paint('bold', 'Examples:')];
  for (const { run, does } of record.examples) lines.push(`  ${paint('dim', `# ${does}`)}`, `  ${run}`, '');
  if (record.see) lines.push(`${paint('bold', 'See also:')} ${record.see.map((s) => `kha ${s}`).join(', ')}`);
  while (lines.at(-1) === '') lines.pop();
  return lines.join('\n');
}

function afterHelp(paint: Paint): string {
  return [
    '',
    paint('bold', 'A first cluster:'),
    '  kha server                                        # in a second terminal',
    '  kha validate -f cluster.yaml',
    '  kha start-workflow init-cluster -f cluster.yaml',
    '  kha kubeconfig NAME --merge',
    '',
    `${paint('bold', 'More help:')} kha COMMAND --help, kha help ${Object.keys(topics).join(' | ')}`,
  ].join('\n');
}

/** `kha help`, `kha help COMMAND` and `kha help TOPIC`. */
function addHelpCommand(
  program: Command,
  dress: (c: Command) => Command,
  write: (text: string) => void,
  paint: Paint,
): void {
  dress(program.command('help'))
    .helpGroup('Help:')
    .summary('Help on a command or a topic')
    .description(`Help on a command, or on a topic: ${Object.keys(topics).join(', ')}.`)
    .argument('[WORD...]', 'A command or a topic.')
    .action((words: string[]) => {
      const topic = topics[words[0] ?? ''];
      if (topic && words.length === 1) {
        write(topic(paint));
        return;
      }
      let found = program;
      for (const word of words) {
        const next = found.commands.find((c) => c.name() === word);
        if (!next) program.error(`error: there is no command or topic '${words.join(' ')}'`);
        found = next;
      }
      found.outputHelp();
    });
}
