import { describe, expect, it } from 'vitest';
import { plain } from '../../../src/cli/colour.ts';
import { EXIT, exitCodeOf, exitCodes } from '../../../src/cli/exit-codes.ts';
import { printError } from '../../../src/cli/print-error.ts';
import { type Blame, KhaError } from '../../../src/cluster/error.ts';

const error = (code: string, blame: Blame): KhaError =>
  new KhaError('It went wrong.', { code, blame, hint: 'Do this.' });

function print(thrown: unknown, options: { json?: boolean; debug?: boolean } = {}) {
  let out = '';
  let err = '';
  const code = printError(thrown, {
    json: options.json ?? false,
    debug: options.debug ?? false,
    paint: plain,
    out: (t) => {
      out += t;
    },
    err: (t) => {
      err += t;
    },
  });
  return { code, out, err };
}

describe('exit codes', () => {
  it('are these and no others: scripts rely on them', () => {
    expect(EXIT).toEqual({
      ok: 0,
      failed: 1,
      usage: 2,
      notFound: 3,
      temporal: 4,
      host: 5,
      operationFailed: 6,
      waiting: 7,
      ending: 8,
      rejected: 9,
      interrupted: 130,
    });
    expect(exitCodes.map((e) => e.code)).toEqual(Object.values(EXIT));
  });

  it.each([
    ['KHA1001', 'configuration', 2],
    ['KHA2001', 'configuration', 2],
    ['KHA1002', 'configuration', 3],
    ['KHA1103', 'configuration', 3],
    ['KHA6001', 'temporal', 4],
    ['KHA6010', 'temporal', 4],
    ['KHA3004', 'host', 5],
    ['KHA1007', 'host', 6],
    ['KHA1008', 'host', 7],
    ['KHA3302', 'cluster', 1],
    ['KHA1010', 'configuration', 130],
  ] as const)('%s (%s) ends with %i', (code, blame, exit) => {
    expect(exitCodeOf(error(code, blame))).toBe(exit);
  });

  it('of a defect is 1', () => expect(exitCodeOf(new TypeError('x'))).toBe(1));
});

describe('printError', () => {
  it('shows what, where, the last lines and the way out', () => {
    const { err, out } = print(
      new KhaError('The login is refused.', {
        code: 'KHA3004',
        blame: 'host',
        where: 'm1',
        hint: 'Check the key.\nOr the user.',
        lastLines: ['permission denied'],
      }),
    );
    expect(out).toBe('');
    expect(err).toBe(
      'error: m1: The login is refused. (KHA3004)\n  │ permission denied\n→ Check the key.\n  Or the user.\n',
    );
  });

  it('shows findings with their places', () => {
    const { err } = print(
      new KhaError('c.yaml: 1 error.', {
        code: 'KHA2001',
        blame: 'configuration',
        findings: [
          {
            message: 'Bad address.',
            severity: 'error',
            place: { file: 'c.yaml', line: 3, column: 7 },
            hint: 'Give another.',
          },
        ],
      }),
    );
    expect(err).toContain('c.yaml:3:7: error: Bad address.\n  → Give another.');
  });

  it('calls anything else a bug, with the stack on --debug only', () => {
    const bug = new TypeError('x is not a function');
    expect(print(bug).err).toMatch(/^This is a bug in kha: TypeError: x is not a function/);
    expect(print(bug).err).not.toContain('at ');
    expect(print(bug, { debug: true }).err).toContain('errors.test');
  });

  it('is one JSON document with -o json', () => {
    const { out, err, code } = print(error('KHA6001', 'temporal'), { json: true });
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual({
      apiVersion: 'kha/v1',
      kind: 'Error',
      error: { code: 'KHA6001', blame: 'temporal', message: 'It went wrong.', hint: 'Do this.', exitCode: code },
    });
    expect(JSON.parse(print('thrown text', { json: true }).out).error.code).toBe('KHA9000');
  });

  it('does not call Ctrl-C an error', () => {
    expect(print(new KhaError('Stopped watching.', { code: 'KHA1010', blame: 'configuration' })).err).toBe(
      'Stopped watching.\n',
    );
  });
});
