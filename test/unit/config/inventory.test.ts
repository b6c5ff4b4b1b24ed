import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInventory } from '../../../src/config/ansible/inventory.ts';
import { literalEval } from '../../../src/config/ansible/literal.ts';
import { expandPattern } from '../../../src/config/ansible/ranges.ts';
import { resolveInventory } from '../../../src/config/ansible/resolve-groups.ts';
import { splitWords } from '../../../src/config/ansible/words.ts';
import { placeAt } from '../../../src/config/source.ts';

const read = (text: string) => parseInventory({ name: 'h.ini', text });
const troubles = (text: string): string[] =>
  read(text).troubles.map((t) => {
    const { line, column } = placeAt(t.file, t.offset);
    return `${line}:${column} ${t.message}`;
  });
const hostVars = (text: string, host: string): Record<string, unknown> => {
  const variables = resolveInventory(read(text)).variablesOf(host);
  return Object.fromEntries([...variables].map(([name, { value }]) => [name, value]));
};

describe("Python's literals", () => {
  test.each([
    ['True', true],
    ['False', false],
    ['None', null],
    ['true', 'true'],
    ['yes', 'yes'],
    ['22', 22],
    ['-3', -3],
    ['1.5', 1.5],
    ['1_000', 1000],
    ['0x1f', 31],
    ['0644', '0644'],
    ['0', 0],
    ['00', 0],
    ['1.30.5', '1.30.5'],
    ['10.0.0.1', '10.0.0.1'],
    ['"a b"', 'a b'],
    ["'it''s'", "'it''s'"],
    ['"it\\"s"', 'it"s'],
    ["['a', 1, True]", ['a', 1, true]],
    ["{'a': {'b': [1]}}", { a: { b: [1] } }],
    ['(1,)', [1]],
    ['(1)', 1],
    ['1, 2', [1, 2]],
    ['[]', []],
    ['[1', '[1'],
    ["{'a'}", "{'a'}"],
    ['', ''],
    ['"open', '"open'],
  ])('%s', (text, value) => {
    expect(literalEval(text)).toEqual(value);
  });

  test('no text crashes it, and what is no literal stays as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const value = literalEval(text);
        if (typeof value === 'string' && !/^\s*["']/.test(text)) expect(value).toBe(text);
      }),
    );
  });

  test('JSON without true, false and null reads as itself', () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.integer(),
        fc.stringMatching(/^[a-z ]*$/),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]+$/), tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(json, (value) => {
        expect(literalEval(JSON.stringify(value))).toEqual(value);
      }),
    );
  });
});

describe('words of a host line', () => {
  test.each([
    ['a b=c', ['a', 'b=c']],
    ['a b="c d" # x', ['a', 'b=c d']],
    ['a b=\'c "d"\'', ['a', 'b=c "d"']],
    ['a b=c#d', ['a', 'b=c']],
    ['a b=c\\ d', ['a', 'b=c d']],
    ['a   b=""', ['a', 'b=']],
  ])('%s', (line, expected) => {
    const words = splitWords(line);
    expect(Array.isArray(words) && words.map((w) => w.text)).toEqual(expected);
  });

  test('an open quote has its place', () => {
    expect(splitWords('a b="c')).toEqual({ offset: 4, message: 'The quote " is not closed.' });
  });
});

describe('ranges', () => {
  test.each([
    ['web[1:3]', ['web1', 'web2', 'web3']],
    ['web[08:10].x', ['web08.x', 'web09.x', 'web10.x']],
    ['db-[a:c]', ['db-a', 'db-b', 'db-c']],
    ['n[1:9:4]', ['n1', 'n5', 'n9']],
    ['[a:b][1:2]', ['a1', 'a2', 'b1', 'b2']],
    ['n[:2]', ['n0', 'n1', 'n2']],
    ['plain', ['plain']],
  ])('%s', (pattern, expected) => {
    expect(expandPattern(pattern)).toEqual(expected);
  });

  test.each([
    ['n[1:', 'The range is not closed with ].'],
    ['n[1]', 'The range [1] must be [begin:end] or [begin:end:step].'],
    ['n[1:]', 'The range [1:] has no end.'],
    ['n[3:1]', 'The range [3:1] must begin before it ends.'],
    ['n[01:100]', 'The ends of the range [01:100] must have the same length, because it begins with a zero.'],
    ['n[1:9:0]', 'The step of the range [1:9:0] must be a whole number above 0.'],
    ['n[a:9]', 'The range [a:9] must go from number to number or letter to letter.'],
    ['n[1:999999999]', 'The range [1:999999999] stands for more than 100000 hosts.'],
    ['n[1:1000][1:1000]', 'The pattern stands for more than 100000 hosts.'],
  ])('%s is refused', (pattern, message) => {
    expect(expandPattern(pattern)).toMatchObject({ message });
  });

  test('a range of numbers has what it says', () => {
    fc.assert(
      fc.property(fc.nat(999), fc.nat(200), fc.integer({ min: 1, max: 9 }), (from, length, step) => {
        const to = from + length;
        const expected: string[] = [];
        for (let n = from; n <= to; n += step) expected.push(`n${n}.x`);
        expect(expandPattern(`n[${from}:${to}:${step}].x`)).toEqual(expected);
        const width = String(to).length + 1;
        const pad = (n: number): string => String(n).padStart(width, '0');
        expect(expandPattern(`[${pad(from)}:${pad(to)}]`)).toHaveLength(length + 1);
      }),
    );
  });
});

describe('inventories', () => {
  test('hosts, ports, variables, comments', () => {
    const text = `; c
# c
lonely
[web]
a:2222 x=1 y="two words" z='[1, 2]' # end
[2001:db8::1]:2200
fe80::1
[a:b]-r
[web:vars]
x=9
greeting=hello # not a comment
flag=True
lower=true
`;
    const inventory = read(text);
    expect(inventory.troubles).toEqual([]);
    expect([...inventory.hosts.keys()]).toEqual(['lonely', 'a', '2001:db8::1', 'fe80::1', 'a-r', 'b-r']);
    expect(hostVars(text, 'a')).toEqual({
      x: 1,
      y: 'two words',
      z: [1, 2],
      ansible_port: 2222,
      greeting: 'hello # not a comment',
      flag: true,
      lower: 'true',
    });
    expect(hostVars(text, '2001:db8::1').ansible_port).toBe(2200);
    expect(hostVars(text, 'fe80::1').ansible_port).toBeUndefined();
  });

  test('precedence: all, parent, child by name, host', () => {
    const text = `[b]
h
[a]
h v=host
[top:children]
a
b
[all:vars]
v=all
w=all
x=all
y=all
[top:vars]
w=top
x=top
y=top
[a:vars]
x=a
y=a
[b:vars]
y=b
`;
    expect(hostVars(text, 'h')).toEqual({ v: 'host', w: 'top', x: 'a', y: 'b' });
    const resolved = resolveInventory(read(text));
    expect(resolved.groupsOf('h')).toEqual(['a', 'b', 'top']);
    expect(resolved.hostsOf('top')).toEqual(['h']);
    expect(resolved.hostsOf('all')).toEqual(['h']);
  });

  test('a group may be named before it is there', () => {
    expect(troubles('[p:children]\nc\n[p:vars]\na=1\n[c]\nh\n')).toEqual([]);
  });

  test.each([
    ['[a b]\n', ['1:1 The section [a b] is not understood.']],
    ['[a:kids]\nx\n', ['1:1 The section [a:kids] has the unknown kind kids.']],
    ['h x\n', ['1:3 Host h is followed by x, where name=value is expected.']],
    ['  h a="b\n', ['1:7 The quote " is not closed.']],
    ['[g]\nh[3:1]\n', ['2:2 The range [3:1] must begin before it ends.']],
    ['[all:vars]\n  nope\n', ['2:3 In [all:vars] name=value is expected, and there is: nope']],
    ['[ghost:vars]\na=1\n', ['1:1 The section [ghost:vars] is about a group that does not exist.']],
    ['[g:children]\nghost\n', ['2:1 The section [g:children] includes the group ghost, which does not exist.']],
    ['[g:children]\na b\n', ['2:1 In [g:children] the name of a group is expected, and there is: a b']],
    ['[a:children]\nb\n[b:children]\na\n', ['1:1 The group a is its own child: a → b → a.']],
  ])('%j is refused', (text, expected) => {
    expect(troubles(text)).toEqual(expected);
  });

  test('no text crashes it, and every place is inside of the text', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('[all]', '[g:vars]', '[g:children]', '[', ']', 'h[1:3]', 'a=b', 'h a="', "x='", 'h:22', '#', ';'),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const text = lines.join('\n');
        const inventory = read(text);
        for (const t of inventory.troubles) expect(t.offset).toBeLessThanOrEqual(text.length);
        const resolved = resolveInventory(inventory);
        for (const host of inventory.hosts.keys()) resolved.variablesOf(host);
      }),
    );
  });

  test('a printed inventory reads as itself', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const host = fc.record({
      name,
      vars: fc.dictionary(
        fc.stringMatching(/^[a-z_]{1,8}$/),
        fc.oneof(fc.integer(), fc.stringMatching(/^[a-z .:/-]*$/)),
        { maxKeys: 3, noNullPrototype: true },
      ),
    });
    fc.assert(
      fc.property(fc.uniqueArray(host, { selector: (h) => h.name, minLength: 1, maxLength: 6 }), (hosts) => {
        const print = (value: unknown): string => (typeof value === 'number' ? String(value) : `'"${String(value)}"'`);
        const text = `[g]\n${hosts
          .map((h) => [h.name, ...Object.entries(h.vars).map(([k, v]) => `${k}=${print(v)}`)].join(' '))
          .join('\n')}\n`;
        const inventory = read(text);
        expect(inventory.troubles).toEqual([]);
        expect([...inventory.hosts.keys()]).toEqual(hosts.map((h) => h.name));
        for (const h of hosts) expect(hostVars(text, h.name)).toEqual(h.vars);
      }),
    );
  });
});
