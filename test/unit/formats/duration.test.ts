import { expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/formats/duration.ts';

it('reads durations and writes them', () => {
  for (const [text, seconds] of Object.entries({
    '45d': 3_888_000,
    '12h': 43_200,
    '1h30m': 5400,
    '90s': 90,
    '0s': 0,
  })) {
    expect(parseDuration(text)).toBe(seconds);
    expect(parseDuration(formatDuration(seconds))).toBe(seconds);
  }
  for (const text of ['', '12', 'h', '1.5h', '-1h', '1w', '1h 30m']) expect(parseDuration(text)).toBeUndefined();
  expect(formatDuration(90_061)).toBe('1d1h1m1s');
});
