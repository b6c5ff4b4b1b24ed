import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { launch } from '../../../../src/adapters/ssh2/become.ts';
import type { Connection } from '../../../../src/cluster/connection.ts';

const to = (user: string, sudo: Connection['sudo'] = {}): Connection => ({
  name: 'm1',
  address: '10.0.0.1',
  port: 22,
  user,
  agent: false,
  sudo,
  hostKeys: [],
  jump: [],
});
const options = { root: true, nonce: 'abc' };
const local = (hasInput: boolean, script: string, input: (preamble: Buffer) => Buffer) => {
  const start = launch(to('root'), script, { ...options, hasInput });
  const { stdout, stderr, status } = spawnSync('sh', ['-c', start.commandLine], { input: input(start.preamble) });
  return {
    status,
    stdout: stdout.toString().replace('kha-abc\n', ''),
    stderr: stderr.toString().replace('kha-abc\n', ''),
  };
};

describe('launch', () => {
  test('root needs no sudo; others use it; only a known password is asked for', () => {
    const line = (c: Connection, root = true) => launch(c, 'x', { ...options, root, hasInput: false }).commandLine;
    expect(line(to('root'))).toMatch(/^exec sh -c '/);
    expect(line(to('ops'))).toMatch(/^exec env LC_ALL=C sudo -H -n sh -c '/);
    expect(line(to('ops', { password: { env: 'P' } }))).toMatch(/sudo -H -k -S -p kha-sudo-abc: sh -c '/);
    expect(line(to('ops'), false)).toMatch(/^exec sh -c '/);
  });

  test('the command line holds nothing that a login shell would change, and nothing of the script', () => {
    for (const hasInput of [true, false]) {
      const { commandLine } = launch(to('ops'), 'secret', { ...options, hasInput });
      expect(commandLine).not.toMatch(/[\n!]|secret/);
      expect(commandLine.split("'")).toHaveLength(3);
    }
  });

  test('a script that was cut off runs as a whole or not at all', () => {
    const script = 'echo one\necho two; # three\necho four';
    for (const hasInput of [true, false]) {
      const whole = local(hasInput, script, (p) => p);
      expect(whole).toMatchObject({ status: 0, stdout: 'one\ntwo\nfour\n' });
      const size = launch(to('root'), script, { ...options, hasInput }).preamble.length;
      // The plain form is whole with its closing brace.
      const enough = size - (hasInput ? 0 : ' </dev/null\n'.length);
      for (let n = 0; n < enough; n++) expect(local(hasInput, script, (p) => p.subarray(0, n)).stdout, `${n}`).toBe('');
    }
  }, 60_000);

  test('any text reaches the shell unchanged, and the input is left to the script', () => {
    const word = fc.string({ unit: 'binary' }).map((s) => s.replaceAll('\0', ''));
    fc.assert(
      fc.property(word, fc.string(), (text, input) => {
        const quoted = `'${text.replaceAll("'", `'\\''`)}'`;
        expect(local(false, `printf %s ${quoted}`, (p) => p).stdout).toBe(text);
        expect(local(true, `printf %s ${quoted}; cat`, (p) => Buffer.concat([p, Buffer.from(input)])).stdout).toBe(
          text + input,
        );
      }),
      { numRuns: 50 },
    );
  }, 60_000);
});
