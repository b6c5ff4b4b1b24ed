import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/commands/index.ts';
import { runCli, type World } from '../../../src/cli/run-cli.ts';
import { buildProgram, type Invocation } from '../../../src/cli/program.ts';
import { plain } from '../../../src/cli/colour.ts';
import { fakeContext } from './fake-context.ts';

function world(): World & { out: string[]; err: string[] } {
  const out: string[] = [];
  const err: string[] = [];
  return {
    out,
    err,
    env: {},
    stdin: process.stdin,
    stdout: { write: (t) => out.push(t), columns: 100 },
    stderr: { write: (t) => err.push(t) },
    createContext: async () => fakeContext(),
  };
}

function parse(...argv: string[]): Invocation {
  let found: Invocation | undefined;
  buildProgram({
    version: '0',
    paint: plain,
    columns: 100,
    write: () => undefined,
    onInvocation: (i) => {
      found = i;
    },
  }).parse(argv, { from: 'user' });
  if (!found) throw new Error('nothing was invoked');
  return found;
}

describe('help', () => {
  it('of kha lists every command', async () => {
    const w = world();
    expect(await runCli(['--help'], w)).toBe(0);
    expect(w.out.join('')).toMatchSnapshot();
    for (const { name } of commands) expect(w.out.join('')).toContain(`  ${name.split(' ')[0]}`);
  });

  it.each(commands.map((c) => c.name))('of %s shows its options and examples', async (name) => {
    const w = world();
    expect(await runCli([...name.split(' '), '--help'], w)).toBe(0);
    expect(w.out.join('')).toMatchSnapshot();
  });

  it.each(['environment', 'exit-codes', 'formatting'])('has the topic %s', async (topic) => {
    const w = world();
    expect(await runCli(['help', topic], w)).toBe(0);
    expect(w.out.join('').length).toBeGreaterThan(200);
  });

  it('of a group lists its commands', async () => {
    const w = world();
    expect(await runCli(['secret'], w)).toBe(0);
    expect(w.out.join('')).toContain('put');
  });
});

describe('every command', () => {
  it.each(commands)('$name has a handler, examples that parse, and related commands that exist', async (command) => {
    expect(typeof (await command.load()).run).toBe('function');
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { run } of command.examples) {
      const own = /\bkha ([^|)>&]+)/.exec(run)?.[1];
      const argv = [...(own ?? '').matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? '');
      expect(parse(...argv).command.name).toBe(command.name);
    }
    const names = commands.map((c) => c.name);
    for (const see of command.see ?? []) {
      const known = names.some((n) => see === n || see.startsWith(`${n} `)) || see.startsWith('help ');
      expect(known, `${command.name} refers to ${see}`).toBe(true);
    }
  });
});

describe('arguments', () => {
  it('repeats lists and reads flags', () => {
    const { input } = parse(
      'start-workflow',
      'init-cluster',
      '-f',
      'a.yaml',
      '-f',
      'b.yaml',
      '-y',
      '--detach',
      '--on-failure',
      'abort',
    );
    expect(input.args).toEqual({ operation: 'init-cluster' });
    expect(input.options).toMatchObject({
      file: ['a.yaml', 'b.yaml'],
      yes: true,
      detach: true,
      onFailure: 'abort',
      acceptChanges: false,
      only: [],
    });
  });

  it('reads --no-headers as said', () => {
    expect(parse('get', 'hosts', '--no-headers').input.options['noHeaders']).toBe(true);
    expect(parse('get', 'hosts').input.options['noHeaders']).toBe(false);
  });

  it('takes global options before and after the command', () => {
    expect(parse('--debug', 'status').global.debug).toBe(true);
    expect(parse('status', 'demo', '--address', 'h:1').global.address).toBe('h:1');
  });

  it('keeps commas of -e, which are part of its values', () => {
    expect(parse('validate', '-i', 'h.ini', '-e', '@a.yaml', '-e', 'x=1,2').input.options['extraVars']).toEqual([
      '@a.yaml',
      'x=1,2',
    ]);
  });

  it.each([
    [['frobnicate'], /Unknown command 'frobnicate'/],
    [['statsu'], /Did you mean status/],
    [['status', '--wacth'], /Did you mean --watch/],
    [['skip', 'demo'], /Why is it left out\?/],
    [['status', 'a', 'b'], /Too many arguments/],
    [['get', 'pods'], /Allowed choices/],
    [['start-workflow', 'x', '--on-failure', 'explode'], /Allowed choices are park, abort/],
  ])('%j ends with 2 and says why', async (argv, message) => {
    const w = world();
    expect(await runCli(argv, w)).toBe(2);
    expect(w.err.join('')).toMatch(message);
    expect(w.out.join('')).toBe('');
  });

  it('stays JSON with -o json where the line is wrong', async () => {
    const w = world();
    expect(await runCli(['status', '-o', 'json', '--wacth'], w)).toBe(2);
    expect(JSON.parse(w.out.join(''))).toMatchObject({ kind: 'Error', error: { code: 'KHA1001', exitCode: 2 } });
    expect(w.err).toEqual([]);
  });
});
