import { parseDuration } from '../formats/duration.ts';

/** One field of a cron expression, with the words that may stand for its numbers. */
interface Field {
  name: string;
  from: number;
  to: number;
  words?: readonly string[];
  /** How many letters of a word are enough. */
  letters?: number;
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

const SECOND: Field = { name: 'second', from: 0, to: 59 };
const DAY_OF_MONTH: Field = { name: 'day of the month', from: 1, to: 31 };
const MONTH: Field = { name: 'month', from: 1, to: 12, words: MONTHS, letters: 3 };
const YEAR: Field = { name: 'year', from: 2000, to: 2100 };
const FIVE: readonly Field[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  DAY_OF_MONTH,
  MONTH,
  { name: 'day of the week', from: 0, to: 7, words: DAYS, letters: 2 },
];
const FIELDS: Record<number, readonly Field[]> = { 5: FIVE, 6: [...FIVE, YEAR], 7: [SECOND, ...FIVE, YEAR] };

const NAMED = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
/** The longest month of each. */
const LENGTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What is wrong with a cron expression as Temporal's schedules read it, as the rest of a sentence; undefined: nothing. */
export function cronTrouble(text: string): string | undefined {
  if (/^(CRON_)?TZ=/.test(text)) return 'names a time zone; that stands in timezone';
  if (text.startsWith('@every')) return everyTrouble(text);
  if (text.startsWith('@')) return NAMED.includes(text) ? undefined : `is none of ${NAMED.join(', ')}, @every INTERVAL`;
  const parts = text.trim().split(/\s+/);
  const fields = FIELDS[parts.length];
  if (!fields)
    return `has ${parts.length} ${parts.length === 1 ? 'field' : 'fields'}; it takes 5: minute, hour, day of the month, month, day of the week (with a year behind them 6, and with a second before them 7)`;
  for (const [i, field] of fields.entries()) {
    const trouble = fieldTrouble(parts[i] ?? '', field);
    if (trouble !== undefined) return trouble;
  }
  const of = (field: Field): number[] => valuesOf(parts[fields.indexOf(field)] ?? '*', field);
  const [first = 1] = of(DAY_OF_MONTH).sort((a, b) => a - b);
  return of(MONTH).some((month) => first <= (LENGTHS[month - 1] ?? 31)) ? undefined : 'means a day that never comes';
}

function everyTrouble(text: string): string | undefined {
  const [, every = '', , offset] = /^@every (\d+[smhd])(\/(\d+[smhd]))?$/.exec(text) ?? [];
  const interval = parseDuration(every);
  if (interval === undefined || interval === 0)
    return 'is no interval; one looks like @every 12h, or @every 12h/3h with an offset';
  return offset !== undefined && (parseDuration(offset) ?? 0) >= interval
    ? 'has an offset that is not below its interval'
    : undefined;
}

function fieldTrouble(text: string, field: Field): string | undefined {
  for (const part of text.split(',')) {
    const range = rangeOf(part, field);
    if (typeof range === 'string') return `has ${JSON.stringify(part)} as its ${field.name}: ${range}`;
  }
  return undefined;
}

/** From, to and step of `*`, `x`, `x-y`, each with `/step`; or what is wrong. */
function rangeOf(part: string, field: Field): [number, number, number] | string {
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0 || (step !== undefined && !/^0*[1-9]\d{0,5}$/.test(step)))
    return 'the step must be a number from 1';
  const every = step === undefined ? 1 : Number(step);
  if (range === '*') return [field.from, field.to, every];
  const [from = '', to, ...rest] = range.split('-');
  if (rest.length > 0) return 'a range has one dash';
  const first = valueOf(from, field);
  if (first === undefined) return expectation(field);
  if (to === undefined) return [first, step === undefined ? first : field.to, every];
  const last = valueOf(to, field);
  if (last === undefined) return expectation(field);
  return last < first ? 'the range ends before it begins' : [first, last, every];
}

const expectation = ({ from, to, words }: Field): string =>
  `it must be ${from} to ${to}${words ? ` or a name such as ${words[1]?.slice(0, 3).toUpperCase()}` : ''}`;

function valueOf(text: string, { from, to, words, letters = 0 }: Field): number | undefined {
  const at = text.length >= letters ? (words?.findIndex((word) => word.startsWith(text.toLowerCase())) ?? -1) : -1;
  const value = at >= 0 ? at + (words === MONTHS ? 1 : 0) : /^\d{1,4}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value >= from && value <= to ? value : undefined;
}

function valuesOf(text: string, field: Field): number[] {
  return text.split(',').flatMap((part) => {
    const range = rangeOf(part, field);
    if (typeof range === 'string') return [];
    const [from, to, step] = range;
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
  });
}
