import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { diffLines, hunks } from '../../../src/cli/output/diff.ts';
import { column, fit, wrap } from '../../../src/cli/output/fit.ts';
import { printRows } from '../../../src/cli/output/print-rows.ts';
import { renderTable } from '../../../src/cli/output/table.ts';
import { age, clock, iso, took } from '../../../src/cli/output/time.ts';
import { wantsColour } from '../../../src/cli/colour.ts';
import { fakeContext } from './fake-context.ts';

interface Row {
  name: string;
  note: string;
}
const columns = [
  { header: 'NAME', value: (r: Row) => r.name },
  { header: 'NOTE', value: (r: Row) => r.note },
  { header: 'LENGTH', wide: true, value: (r: Row) => String(r.name.length) },
];
const rows: Row[] = [
  { name: 'm1', note: '' },
  { name: '界面', note: 'two\n  lines' },
];

describe('renderTable', () => {
  it('has columns that awk can cut, <none> for nothing, and one line a row', () => {
    expect(renderTable(columns, rows)).toEqual(['NAME   NOTE', 'm1     <none>', '界面   two lines']);
  });
  it('has more columns when wide, and no headers when asked', () => {
    expect(renderTable(columns, rows.slice(0, 1), { wide: true, headers: false })).toEqual(['m1   <none>   2']);
  });
  it('paints filled cells, so that colours do not shift columns', () => {
    const painted = renderTable(
      columns.map((c) => (c.header === 'NAME' ? { ...c, paint: (cell: string) => `<${cell}>` } : c)),
      rows,
    );
    expect(painted[1]).toBe('<m1  >   <none>');
  });
});

describe('printRows', () => {
  const list = {
    kind: 'Row',
    rows,
    columns,
    name: (r: Row) => r.name,
    item: (r: Row) => ({ metadata: r }),
    empty: 'none there',
  };
  const print = async (output: string | undefined, of = list) => {
    const context = fakeContext();
    await printRows(context, of, { output, noHeaders: false });
    return context;
  };
  it('prints names for xargs', async () => expect((await print('name')).out).toEqual(['m1', '界面']));
  it('prints documents', async () => {
    const document = JSON.parse((await print('json')).out.join(''));
    expect(document).toMatchObject({
      apiVersion: 'kha/v1',
      kind: 'RowList',
      items: [{ kind: 'Row', metadata: rows[0] }, {}],
    });
    expect((await print('yaml')).out.join('')).toContain('kind: RowList');
  });
  it('says on standard error that there is nothing, but prints an empty list for programs', async () => {
    const empty = await print(undefined, { ...list, rows: [] });
    expect([empty.out, empty.talk]).toEqual([[], ['none there']]);
    expect(JSON.parse((await print('json', { ...list, rows: [] })).out.join('')).items).toEqual([]);
  });
});

describe('times', () => {
  it.each([
    [0, '0s'],
    [59_000, '59s'],
    [65_000, '1m5s'],
    [600_000, '10m'],
    [3_600_000, '1h'],
    [5_400_000, '1h30m'],
    [90_000_000, '25h'],
    [200_000_000, '2d'],
  ])('age of %i ms is %s', (ms, text) => expect(age(ms)).toBe(text));
  it('clocks count', () => expect([clock(0), clock(65_000), clock(3_723_000)]).toEqual(['0:00', '1:05', '1:02:03']));
  it('commands took', () => expect([took(12), took(3400), took(65_000)]).toEqual(['12ms', '3.4s', '1m5s']));
  it('machines get UTC', () => expect(iso(0)).toBe('1970-01-01T00:00:00Z'));
});

describe('fit', () => {
  it('never is wider than asked, and column is exactly so', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(stringWidth(fit(text, width))).toBeLessThanOrEqual(width);
        expect(stringWidth(column(text, width))).toBe(width);
      }),
    );
  });
  it('wraps at spaces and breaks only words that are too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij k', 4)).toEqual(['abcd', 'efgh', 'ij k']);
  });
});

describe('diffLines', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
    .map((l) => l.map((x) => `${x}\n`).join(''));
  it('gives both sides back, whatever they are', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const side = (sign: string) =>
          lines
            .filter((l) => l.sign === ' ' || l.sign === sign)
            .map((l) => `${l.text}\n`)
            .join('');
        expect(side('-')).toBe(before);
        expect(side('+')).toBe(after);
      }),
    );
  });
  it('says nothing changed of equal texts', () => {
    fc.assert(fc.property(text, (same) => diffLines(same, same).every((l) => l.sign === ' ')));
  });
  it('shows changes with some lines around them', () => {
    const before = Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join('');
    expect(hunks(diffLines(before, before.replace('line 9\n', 'changed\n')), 1)).toEqual([
      '…',
      { sign: ' ', text: 'line 8' },
      { sign: '-', text: 'line 9' },
      { sign: '+', text: 'changed' },
      { sign: ' ', text: 'line 10' },
      '…',
    ]);
  });
});

describe('wantsColour', () => {
  const tty = { isTTY: true };
  it.each([
    [tty, {}, 'auto', true],
    [{}, {}, 'auto', false],
    [tty, { NO_COLOR: '1' }, 'auto', false],
    [tty, { NO_COLOR: '' }, 'auto', true],
    [{}, { FORCE_COLOR: '1' }, 'auto', true],
    [tty, { FORCE_COLOR: '0' }, 'auto', false],
    [tty, { TERM: 'dumb' }, 'auto', false],
    [tty, { NO_COLOR: '1' }, 'always', true],
    [tty, {}, 'never', false],
  ] as const)('%j %j %s: %s', (stream, env, mode, wanted) => expect(wantsColour(stream, env, mode)).toBe(wanted));
});
