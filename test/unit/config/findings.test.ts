import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KhaError } from '../../../src/cluster/error.ts';
import { maskSecrets, renderFindings } from '../../../src/config/findings.ts';
import { loadIni, loadYaml } from './load.ts';

describe('findings as a compiler prints them', () => {
  test('place, line, caret, way out', async () => {
    const text = 'name: demo\nhosts:\n  m1: {adress: 10.0.0.1}\n';
    const error = await loadYaml(text).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(KhaError);
    const { findings, message, blame, hint } = error as KhaError;
    expect({ message, blame, hint }).toEqual({
      message: 'c.yaml: 1 error.',
      blame: 'configuration',
      hint: 'Correct the file; nothing was touched.',
    });
    expect(renderFindings(findings, [{ name: 'c.yaml', text }])).toBe(
      [
        'c.yaml:3:8: error: Unknown setting `adress` in `hosts.m1`.',
        '  3 |   m1: {adress: 10.0.0.1}',
        '             ^',
        '  → Did you mean `address`?',
      ].join('\n'),
    );
  });

  test('a long line is cut around the caret', () => {
    const text = `${'a'.repeat(300)}X${'b'.repeat(300)}`;
    const [, line, caret] = renderFindings(
      [{ message: 'm', severity: 'error', place: { file: 'f', line: 1, column: 301 } }],
      [{ name: 'f', text }],
    ).split('\n');
    expect(line?.length).toBeLessThan(125);
    expect(line?.[caret?.indexOf('^') ?? 0]).toBe('X');
  });

  test('what is not in the file shows no line', () => {
    const finding = {
      message: 'x',
      severity: 'error' as const,
      path: 'masters',
      place: { file: 'f', line: 1, column: 1 },
    };
    expect(renderFindings([finding], [{ name: 'f', text: 'name: x' }])).toBe('f:1:1: error: x');
  });

  test.each([
    ['ssh: {password: hunter2, port: 1}', 'ssh: {password: *******, port: 1}'],
    ['m1 ansible_ssh_pass="hunter 2" x=1', 'm1 ansible_ssh_pass=********** x=1'],
    ['kube_encrypt_token: abc', 'kube_encrypt_token: ***'],
    ['http: http://joe:pw@proxy', 'http: http://******@proxy'],
    ['password: {env: X}', 'password: {env: X}'],
  ])('%s is masked', (line, expected) => {
    expect(maskSecrets(line)).toBe(expected);
  });

  test('a mask keeps the length, so that carets fit', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        expect(maskSecrets(`password: ${line}`)).toHaveLength(line.length + 10);
      }),
    );
  });

  test('no password of a file is in its error', async () => {
    const inventory = '[all]\nm1 ansible_host=bad! ansible_ssh_pass=hunter2 wat\n';
    const error = (await loadIni(inventory).catch((e: unknown) => e)) as KhaError;
    const shown = renderFindings(error.findings, [{ name: 'hosts.ini', text: inventory }]);
    expect(shown).toContain('ansible_ssh_pass=*******');
    expect(shown + error.message).not.toContain('hunter2');
  });
});
