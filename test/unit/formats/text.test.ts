import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { environmentWord, systemdUnit, unitWord } from '../../../src/formats/systemd-unit.ts';
import { lines, text } from '../../../src/formats/text.ts';
import { toToml } from '../../../src/formats/toml.ts';
import { toYaml } from '../../../src/formats/yaml.ts';

describe('text', () => {
  test('takes the common indentation away and ends with one newline', () => {
    expect(text`
      a {
        b ${1};

      }
    `).toBe('a {\n  b 1;\n\n}\n');
  });

  test('lines stand where their line stood; none takes the line away', () => {
    expect(text`
      a {
        ${lines(['x;', 'y;'])}
        ${lines([])}
      }
    `).toBe('a {\n  x;\n  y;\n}\n');
  });

  test.each(['a\nb', 'a\rb', 'a\u0000b', 'a\u001bb'])('a value with a control character is refused: %j', (value) => {
    expect(() => text`a ${value};`).toThrow('control character');
    expect(() => text`${lines([value])}`).toThrow('control character');
  });

  test('a value that came past the types is refused', () => {
    expect(() => text`a ${undefined as unknown as string};`).toThrow('undefined');
  });
});

describe('toYaml', () => {
  test('words that YAML 1.1 reads as something else stay words', () => {
    const values = ['yes', 'on', 'no', 'null', '0o17', '017', '1:30', '1e3', '1_000', '~', ''];
    const yaml = toYaml({ values });
    expect(parse(yaml, { version: '1.1' })).toEqual({ values });
    expect(parse(yaml)).toEqual({ values });
  });

  test('documents are parted, absent fields left out, equal objects written twice', () => {
    const same = { a: 1 };
    expect(toYaml({ p: same, q: same, r: undefined }, { b: 2 })).toBe('p:\n  a: 1\nq:\n  a: 1\n---\nb: 2\n');
  });
});

test('toToml keeps the order of keys', () => {
  expect(toToml({ host: { 'https://b': {}, 'https://a': {} } }).indexOf('https://b')).toBeLessThan(
    toToml({ host: { 'https://b': {}, 'https://a': {} } }).indexOf('https://a'),
  );
});

test('words of units are quoted, and neither specifiers nor variables', () => {
  expect(unitWord('a%b$c"d\\')).toBe('"a%%b$$c\\"d\\\\"');
  expect(environmentWord('P', 'http://u:p%40@h')).toBe('"P=http://u:p%%40@h"');
  expect(() => systemdUnit('c', { Service: { ExecStart: 'a\nUser=root' } })).toThrow('newline');
});
