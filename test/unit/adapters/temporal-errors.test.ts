import { describe, expect, it } from 'vitest';
import { temporalError } from '../../../src/adapters/temporal-errors.ts';

const place = { address: '127.0.0.1:7233', namespace: 'default' };
/** As Temporal's client wraps what gRPC says. */
const wrapped = (code: number): Error =>
  new Error('Failed to query Workflow', {
    cause: Object.assign(new Error('x'), { code, details: 'in its own words' }),
  });

describe('what gRPC says, in the words of kha', () => {
  it.each([
    ['nobody answers a query in time', 4, true, 'KHA6010'],
    ['too many queries wait for a worker', 8, true, 'KHA6010'],
    ['no worker polls', 9, true, 'KHA6010'],
    ['a call took too long', 4, false, 'KHA6001'],
    ['a call was cut off', 1, true, 'KHA6001'],
    ['nothing listens', 14, true, 'KHA6001'],
    ['a key is wrong', 16, false, 'KHA6011'],
    ['anything else', 13, true, 'KHA6012'],
  ])('%s', (_, code, query, expected) => {
    expect(temporalError(wrapped(code), place, { query })).toMatchObject({ code: expected, blame: 'temporal' });
  });

  it('keeps the words of what it does not know', () => {
    expect(String(temporalError(wrapped(13), place))).toContain('in its own words (gRPC 13)');
  });

  it('leaves what is no error of gRPC alone', () => {
    const defect = new TypeError('x');
    expect(temporalError(defect, place)).toBe(defect);
  });
});
