import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextOpening, parseWindow, unfit } from '../../../src/cluster/maintenance-window.ts';

const at = (text: string): number => Date.parse(text);
const said = (texts: string[], time: string, minutes = 15): string => {
  const opening = nextOpening(texts, at(time), minutes);
  return opening.isOpen
    ? `open until ${new Date(opening.until).toISOString()}`
    : `opens ${new Date(opening.opensAt).toISOString()}`;
};

describe('what a window may look like', () => {
  test.each([
    ['Sat 01:00-05:00 Europe/Berlin', { days: [5], from: 60, to: 300, zone: 'Europe/Berlin' }],
    ['Mon-Fri 22:00-04:00', { days: [0, 1, 2, 3, 4], from: 1320, to: 240, zone: 'UTC' }],
    ['Sat-Mon 0:00-24:00 UTC', { days: [0, 5, 6], from: 0, to: 1440, zone: 'UTC' }],
    ['Mon,Wed 01:00-02:00', { days: [0, 2], from: 60, to: 120, zone: 'UTC' }],
    ['01:00-05:00 America/New_York', { days: [0, 1, 2, 3, 4, 5, 6], from: 60, to: 300, zone: 'America/New_York' }],
  ])('%s', (text, window) => expect(parseWindow(text)).toEqual(window));

  test.each([
    ['Saturday', /must be days, times and a time zone/],
    ['Sam 01:00-05:00', /no days that are known: Sam/],
    ['sat 01:00-05:00', /no days that are known: sat/],
    ['Mon-Wed-Fri 01:00-05:00', /no days/],
    ['Sat 01:00-25:00', /from 00:00 to 24:00/],
    ['Sat 01:60-05:00', /from 00:00 to 24:00/],
    ['Sat 24:00-05:00', /from 00:00 to 24:00/],
    ['Sat 01:00-01:00', /must not end when it begins/],
    ['Sat 01:00-05:00 Europe/Berln', /not Europe\/Berln/],
  ])('not %s', (text, words) => expect(parseWindow(text)).toMatch(words));

  test('a host has to fit', () => {
    expect(unfit(['Sat 01:00-01:10', 'Sun 23:55-00:05'], 15)).toMatch(/takes 15m/);
    expect(unfit(['Sat 01:00-01:10', 'Sun 23:55-00:10'], 15)).toBeUndefined();
    expect(unfit([], 15)).toBeUndefined();
  });
});

describe('when it opens', () => {
  const berlin = ['Sat 01:00-05:00 Europe/Berlin'];
  test.each([
    ['2026-11-27T12:00:00Z', 'opens 2026-11-28T00:00:00.000Z'],
    ['2026-11-28T00:00:00Z', 'open until 2026-11-28T04:00:00.000Z'],
    ['2026-11-28T03:45:00Z', 'open until 2026-11-28T04:00:00.000Z'],
    ['2026-11-28T03:45:01Z', 'opens 2026-12-05T00:00:00.000Z'],
    ['2026-07-01T00:00:00Z', 'opens 2026-07-03T23:00:00.000Z'],
  ])('seen from %s it %s', (time, words) => expect(said(berlin, time)).toBe(words));

  test('the hour that a spring leaves out opens nothing, the one that comes twice opens once', () => {
    expect(said(['02:15-02:45 Europe/Berlin'], '2026-03-29T00:30:00Z')).toBe('opens 2026-03-30T00:15:00.000Z');
    expect(said(['02:30-05:00 Europe/Berlin'], '2026-03-29T00:30:00Z')).toBe('opens 2026-03-29T01:00:00.000Z');
    expect(said(['02:15-02:45 Europe/Berlin'], '2026-10-25T00:20:00Z')).toBe('open until 2026-10-25T00:45:00.000Z');
    expect(said(['02:15-02:45 Europe/Berlin'], '2026-10-25T01:20:00Z')).toBe('opens 2026-10-26T01:15:00.000Z');
  });

  test('windows that meet are one, also over midnight', () => {
    const two = ['Sat 22:00-24:00', 'Sun 00:00-02:00'];
    expect(said(two, '2026-11-28T23:50:00Z', 60)).toBe('open until 2026-11-29T02:00:00.000Z');
  });

  test('what was measured as too long for every window begins with one', () =>
    expect(said(berlin, '2026-11-28T02:00:00Z', 600)).toBe('opens 2026-12-05T00:00:00.000Z'));

  test('agrees with a walk over the minutes of a year in zones with all kinds of clocks', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'Africa/Casablanca',
      'America/Santiago',
    ];
    const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
    const time = (m: number) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: 1, max: 1440 }),
        fc.integer({ min: 0, max: 365 * 1440 }),
        (zone, on, from, length, offset) => {
          const to = (from + length) % 1440;
          fc.pre(to !== from);
          const text = `${on.map((d) => days[d]).join(',')} ${time(from)}-${time(to)} ${zone}`;
          const start = at('2026-01-01T00:00:00Z') + offset * 60_000;
          const opening = nextOpening([text], start, 0);
          // Two days back, a fortnight ahead: as a person would do it with a calendar and a clock.
          const open = walk(start - 2 * 86_400_000, 16 * 1440, { on, from, to, zone });
          const found = open.find((span) => span.end > start || (span.start >= start && span.end > span.start));
          if (!found) return;
          expect(opening, text).toEqual(
            found.start <= start ? { isOpen: true, until: found.end } : { isOpen: false, opensAt: found.start },
          );
        },
      ),
      { numRuns: 60, seed: 6 },
    );
  }, 120_000);
});

/** Openings, told minute by minute: it opens when the wall first shows the time or a later one of the day, and closes likewise. */
function walk(since: number, minutes: number, w: { on: number[]; from: number; to: number; zone: string }) {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: w.zone, dateStyle: 'short', timeStyle: 'short' });
  const wall = Array.from({ length: minutes }, (_, i) => format.format(since + i * 60_000));
  const dates = [...new Set(wall.map((text) => text.slice(0, 10)))].slice(1, -1);
  const first = (date: string, minute: number): number => {
    const shown = `${date} ${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    return since + wall.findIndex((text) => text >= shown) * 60_000;
  };
  const spans = dates.flatMap((date) => {
    const day = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
    if (!w.on.includes(day)) return [];
    const next = new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const span = { start: first(date, w.from), end: w.to > w.from ? first(date, w.to) : first(next, w.to) };
    return span.end > span.start ? [span] : [];
  });
  const merged: { start: number; end: number }[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else merged.push(span);
  }
  return merged;
}
