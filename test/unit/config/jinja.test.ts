import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateTemplate } from '../../../src/config/ansible/jinja/evaluate.ts';
import { JinjaError } from '../../../src/config/ansible/jinja/syntax.ts';
import { undefinedValue } from '../../../src/config/ansible/jinja/values.ts';

const VALUES: Record<string, unknown> = {
  repo: 'reg.example.com/k8s',
  port: 8443,
  text: '8443',
  on: true,
  empty: '',
  hosts: ['a', 'b'],
  groups: { 'kube-master': ['m1', 'm2'], etcd: ['e1'] },
  hostvars: { m1: { ansible_host: '10.0.0.1' }, m2: { ansible_host: '10.0.0.2' } },
  net: '10.244.64.0/18',
};
const evaluate = (text: string): unknown =>
  evaluateTemplate(text, (name) => (Object.hasOwn(VALUES, name) ? VALUES[name] : undefinedValue(name)));

describe('expressions', () => {
  test.each<[string, unknown]>([
    ['plain', 'plain'],
    ['{{ repo }}/etcd:3', 'reg.example.com/k8s/etcd:3'],
    ['{{repo}}', 'reg.example.com/k8s'],
    ['{{- repo -}}', 'reg.example.com/k8s'],
    ['{{ port }}', 8443],
    ['{{ port + 1 }}', 8444],
    ['{{ text | int + 1 }}', 8444],
    ["{{ 'a' ~ port }}", 'a8443'],
    ["{{ 'a' + 'b' }}", 'ab'],
    ['{{ 7 // 2 }}{{ 7 % 2 }}', '31'],
    ['{{ -port }}', -8443],
    ['{{ 2 + 3 * 4 - (1 - 1) }}', 14],
    ['{{ 10 - 3 - 2 }}', 5],
    ["{{ groups['kube-master'][0] }}", 'm1'],
    ["{{ groups['kube-master'][-1] }}", 'm2'],
    ['{{ groups.etcd[0] }}', 'e1'],
    ["{{ groups['etcd'] | length }}", 1],
    ["{{ hostvars[groups['kube-master'][0]]['ansible_host'] }}", '10.0.0.1'],
    ["{{ hostvars['m2'].ansible_host }}", '10.0.0.2'],
    ["{{ groups['kube-master'] | map('extract', hostvars, 'ansible_host') | join(',') }}", '10.0.0.1,10.0.0.2'],
    ['{{ missing | default("x") }}', 'x'],
    ['{{ hostvars.m1.nope | default(1) }}', 1],
    ["{{ empty | default('x') }}", ''],
    ["{{ empty | default('x', true) }}", 'x'],
    ["{{ 'yes' if on else 'no' }}", 'yes'],
    ["{{ 'a' if missing is defined else 'b' }}", 'b'],
    ["{{ (port > 1000) | ternary('high', 'low') }}", 'high'],
    ["{{ 'm1' in groups['kube-master'] and not empty }}", true],
    ["{{ 'x' not in hosts }}", true],
    ['{{ hosts | join("-") | upper }}', 'A-B'],
    ['{{ [1, port, {"a": [2]}] }}', [1, 8443, { a: [2] }]],
    ['{{ hosts + ["c"] }}', ['a', 'b', 'c']],
    ['{{ hosts[:1] }}', ['a']],
    ['{{ "a,b".split(",")[1] }}', 'b'],
    ["{{ net | ipaddr('net') | ipaddr(10) | ipaddr('address') }}", '10.244.64.10'],
    ["{{ net | ipaddr('prefix') }}", 18],
    ["{{ 'x' | ipaddr }}", false],
    ['a{# comment #}b', 'ab'],
    ['{{ "}}" }}', '}}'],
    ['{{ {"a": 1}["a"] }}', 1],
    ['{{ text | ansible.builtin.int }}', 8443],
    ['{{ on }} {{ hosts }}', "True ['a', 'b']"],
    ['{{ none }}', null],
  ])('%s', (text, value) => {
    expect(evaluate(text)).toEqual(value);
  });

  test.each([
    ['{{ missing }}', 3, 'missing is not defined.'],
    ['x {{ repo', 2, '{{ is not closed.'],
    ['{% if a %}b{% endif %}', 0, 'Statements ({% … %}) are not evaluated.'],
    [
      "{{ lookup('env', 'X') }}",
      3,
      'kha does not run lookup(): what it finds depends on the machine, and the cluster is recorded once for all.',
    ],
    [
      "{{ query('file', 'X') }}",
      3,
      'kha does not run query(): what it finds depends on the machine, and the cluster is recorded once for all.',
    ],
    ['{{ now() }}', 3, 'kha does not know the function now().'],
    ['{{ repo | uper }}', 10, 'kha does not know the filter uper.'],
    ['{{ repo is odd }}', 11, 'kha does not know the test odd.'],
    ['{{ repo.frob() }}', 8, 'kha does not know the method frob().'],
    ['{{ hosts[9] }}', 8, 'item 9 is not defined.'],
    ['{{ text + 1 }}', 8, "8443 + 1 can't be computed."],
    ['{{ 1 / 0 }}', 5, 'Division by zero.'],
    ['{{ 1 + }}', 7, 'The expression is not understood: a value is expected, and there is the end.'],
    ['{{ a b }}', 5, 'The expression is not understood: an operator or the end is expected, and there is "b".'],
    ['{{ ! }}', 3, 'The expression is not understood at "! ".'],
    ['{{ repo | }}', 10, 'The expression is not understood: the name of a filter is expected, and there is the end.'],
    ['{{ "a" < 1 }}', 7, "a and 1 can't be compared."],
    ["{{ net | ipaddr('broadcast') }}", 9, 'ipaddr does not know broadcast here.'],
  ])('%s is refused', (text, at, message) => {
    let error: unknown;
    try {
      evaluate(text);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(JinjaError);
    expect(error).toMatchObject({ at, message });
    expect((error as JinjaError).hint).not.toBe('');
  });

  test('a misspelt filter has a suggestion', () => {
    expect(() => evaluate('{{ repo | defualt(1) }}')).toThrow(
      expect.objectContaining({ hint: 'Did you mean default?' }),
    );
  });

  test('deep nesting is refused, not a crash', () => {
    for (const text of [`{{ ${'('.repeat(5000)}1 }}`, `{{ ${'not '.repeat(5000)}1 }}`, `{{ ${'-'.repeat(5000)}1 }}`])
      expect(() => evaluate(text)).toThrow(JinjaError);
  });

  test('no text does anything but evaluate or refuse', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom(
        '{{',
        '}}',
        '{%',
        '%}',
        "'",
        '"',
        '[',
        ']',
        '(',
        ')',
        '|',
        '.',
        'repo',
        'hosts',
        'default',
        ' if ',
        ' else ',
        ' is ',
        ' not ',
        ' in ',
        '1',
        '+',
        '*',
        '**',
        '//',
        '{',
        '}',
        ':',
        ',',
        'ipaddr',
        'map',
        'join',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        for (const text of [pieces.join(''), `{{ ${pieces.join(' ')} }}`])
          try {
            evaluate(text);
          } catch (error) {
            expect(error).toBeInstanceOf(JinjaError);
          }
      }),
      { numRuns: 2000 },
    );
  });

  test('sums and products go from left to right, products first', () => {
    const term = fc.array(fc.nat(50), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), term), { minLength: 1, maxLength: 5 }), (terms) => {
        const text = terms.map(([minus, factors]) => `${minus ? '-' : '+'} ${factors.join(' * ')}`).join(' ');
        const sum = terms.reduce((s, [minus, factors]) => s + (minus ? -1 : 1) * factors.reduce((a, b) => a * b, 1), 0);
        expect(evaluate(`{{ 0 ${text} }}`)).toBe(sum);
      }),
    );
  });
});
