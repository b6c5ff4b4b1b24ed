import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, editDistance } from '../../../src/cluster/did-you-mean.ts';

test.each([
  ['adress', ['address', 'ssh'], 'address'],
  ['pod_subnet', ['podSubnet', 'serviceSubnet'], 'podSubnet'],
  ['hostnmae', ['hostname', 'address'], 'hostname'],
  ['zebra', ['address', 'ssh'], undefined],
  ['x', ['address'], undefined],
])('%s', (name, candidates, expected) => {
  expect(didYouMean(name, candidates)).toBe(expected);
});

test('a distance is a metric, and a limit only cuts it off', () => {
  const word = fc.stringMatching(/^[abc]{0,6}$/);
  fc.assert(
    fc.property(word, word, fc.integer({ min: 1, max: 8 }), (a, b, limit) => {
      const distance = editDistance(a, b);
      expect(editDistance(b, a)).toBe(distance);
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(editDistance(a, b, limit) >= limit).toBe(distance >= limit);
    }),
  );
});
