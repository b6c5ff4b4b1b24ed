/** Longest list that a pattern may stand for; more is a slip of the finger. */
const LIMIT = 100_000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Host names of a pattern: `web[01:10].example.com`, `db-[a:f]`, `n[0:10:2]`, several ranges in one name. The end
 * belongs to it; a leading zero needs both ends of one length. An error is a sentence.
 */
export function expandPattern(pattern: string): string[] | { message: string; offset: number } {
  const open = pattern.indexOf('[');
  if (open < 0) return [pattern];
  const close = pattern.indexOf(']', open);
  if (close < 0) return { message: 'The range is not closed with ].', offset: open };
  const steps = expandRange(pattern.slice(open + 1, close));
  if (typeof steps === 'string') return { message: steps, offset: open };
  const rest = expandPattern(pattern.slice(close + 1));
  if (!Array.isArray(rest)) return { message: rest.message, offset: rest.offset + close + 1 };
  if (steps.length * rest.length > LIMIT)
    return { message: `The pattern stands for more than ${LIMIT} hosts.`, offset: open };
  const before = pattern.slice(0, open);
  return steps.flatMap((step) => rest.map((tail) => before + step + tail));
}

function expandRange(range: string): string[] | string {
  const parts = range.split(':');
  if (parts.length < 2 || parts.length > 3) return `The range [${range}] must be [begin:end] or [begin:end:step].`;
  const [begin = '', end = '', stepText] = parts;
  if (end === '') return `The range [${range}] has no end.`;
  const step = stepText === undefined || stepText === '' ? 1 : Number(stepText);
  if (!Number.isInteger(step) || step < 1) return `The step of the range [${range}] must be a whole number above 0.`;
  if (/^[A-Za-z]$/.test(begin) && /^[A-Za-z]$/.test(end)) {
    const [from, to] = [LETTERS.indexOf(begin), LETTERS.indexOf(end)];
    if (from > to) return `The range [${range}] must begin before it ends.`;
    return LETTERS.slice(from, to + 1)
      .split('')
      .filter((_, i) => i % step === 0);
  }
  const first = begin === '' ? '0' : begin;
  if (!/^\d+$/.test(first) || !/^\d+$/.test(end))
    return `The range [${range}] must go from number to number or letter to letter.`;
  const padded = first.length > 1 && first.startsWith('0');
  if (padded && first.length !== end.length)
    return `The ends of the range [${range}] must have the same length, because it begins with a zero.`;
  const [from, to] = [Number(first), Number(end)];
  if (from > to) return `The range [${range}] must begin before it ends.`;
  if ((to - from) / step > LIMIT) return `The range [${range}] stands for more than ${LIMIT} hosts.`;
  const names: string[] = [];
  for (let n = from; n <= to; n += step) names.push(padded ? String(n).padStart(first.length, '0') : String(n));
  return names;
}
