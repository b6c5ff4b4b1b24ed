import { describe, expect, it } from 'vitest';
import { readDrain } from '../../../src/cli/drain-words.ts';

describe('--drain', () => {
  it("takes kubectl's words", () => {
    expect(readDrain(['force', 'delete-emptydir-data', 'timeout=60', 'grace-period=0'])).toEqual({
      force: true,
      deleteEmptyDirData: true,
      timeoutSeconds: 60,
      gracePeriodSeconds: 0,
    });
    expect(readDrain([])).toEqual({});
  });

  it.each(['', 'forced', 'force=1', 'timeout', 'timeout=', 'timeout=1m', 'timeout=-1'])('refuses "%s"', (word) => {
    expect(() => readDrain([word])).toThrow(expect.objectContaining({ code: 'KHA1001' }));
  });
});
