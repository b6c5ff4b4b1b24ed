import { expect, it } from 'vitest';
import { median } from '../../bench/numbers.ts';
import { parts, readOptions } from '../../bench/options.ts';
import { cpuMs, rssMiB } from '../../bench/worker-usage.ts';

it('runs all parts unless told otherwise, in their own order', () => {
  expect(readOptions([])).toEqual({ parts: [...parts], reruns: 10, kills: 2 });
  expect(readOptions(['--only', 'reruns,help', '--reruns', '100'])).toMatchObject({
    parts: ['help', 'reruns'],
    reruns: 100,
  });
  expect(readOptions(['--help'])).toBe('help');
});

it.each([['--only', 'nothing'], ['--kills', '0'], ['--reruns', 'many'], ['--unknown']])('refuses %s %s', (...args) => {
  expect(() => readOptions(args)).toThrow();
});

it('has the middle of odd and even numbers of figures, and none of none', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

it.runIf(process.platform === 'linux')('counts the time that a process computes, and its memory', () => {
  const before = cpuMs(process.pid);
  const end = process.cpuUsage().user + 150_000;
  while (process.cpuUsage().user < end);
  const used = cpuMs(process.pid) - before;
  expect(used).toBeGreaterThanOrEqual(130);
  expect(used).toBeLessThan(2000);
  expect(rssMiB(process.pid)).toBeCloseTo(process.memoryUsage().rss / 2 ** 20, -2);
});
