import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchFor } from '../../../lab/secrets/search.ts';

const found = (needles: string[], text: string): [number, number][] => {
  const all: [number, number][] = [];
  searchFor(needles.map((n) => Buffer.from(n))).find(Buffer.from(text), (needle, at) => all.push([needle, at]));
  return all.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
};

/** The same, the slow way. */
const expected = (needles: string[], text: string): [number, number][] =>
  needles.flatMap((needle, index) => {
    const all: [number, number][] = [];
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) all.push([index, at]);
    return all;
  });

describe('searchFor', () => {
  it('finds what looking for each needle alone finds, overlaps included', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 6, maxLength: 20 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 400 });
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 20 }), text, (needles, text) => {
        expect(found(needles, text)).toEqual(expected(needles, text));
      }),
    );
  });

  it('finds a needle at both ends of the text, and none that is cut off', () => {
    expect(found(['secret-word'], 'secret-word')).toEqual([[0, 0]]);
    expect(found(['secret-word'], 'x secret-word')).toEqual([[0, 2]]);
    expect(found(['secret-word'], 'secret-wor')).toEqual([]);
  });

  it('refuses needles that are everywhere', () => {
    expect(() => searchFor([Buffer.from('abcde')])).toThrow('found everywhere');
  });
});
