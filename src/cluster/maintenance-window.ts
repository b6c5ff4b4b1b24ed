import { formatDuration } from '../formats/duration.ts';
import { isTimeZone, TIME_ZONE_FORM } from './time-zone.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const WINDOW_FORM = 'days, times and a time zone, for example Sat 01:00-05:00 Europe/Berlin or Mon-Fri 22:00-04:00 UTC';

/** Times that come again every week, by the clock on the wall of a time zone. */
export interface MaintenanceWindow {
  /** Days on which it opens, 0 for Monday. */
  days: number[];
  /** Minutes since midnight; an end that is not later is on the next day. */
  from: number;
  to: number;
  zone: string;
}

/** Is it open now with enough time left, and until when; or when it opens next. ms since the epoch. */
export type Opening = { isOpen: true; until: number } | { isOpen: false; opensAt: number };

/** Reads `Sat,Sun 01:00-05:00 Europe/Berlin`; without days it is every day, without a zone UTC. A text says what is wrong. */
export function parseWindow(text: string): MaintenanceWindow | string {
  const match = /^(?:(\S+)\s+)?(\d{1,2}:\d\d)-(\d{1,2}:\d\d)(?:\s+(\S+))?$/.exec(text.trim());
  if (!match) return `must be ${WINDOW_FORM}`;
  const [, dayText, fromText = '', toText = '', zone = 'UTC'] = match;
  const days = dayText === undefined || dayText === 'daily' ? DAYS.map((_, i) => i) : readDays(dayText);
  if (!days) return `has no days that are known: ${dayText}; they are ${DAYS.join(', ')}, with - and commas, or daily`;
  const from = readTime(fromText);
  const to = readTime(toText);
  if (from === undefined || to === undefined || from === 1440) return `must have times from 00:00 to 24:00`;
  if (from === to) return 'must not end when it begins; the whole day is 00:00-24:00';
  if (!isTimeZone(zone)) return `must end with ${TIME_ZONE_FORM}, not ${zone}`;
  return { days, from, to, zone };
}

function readDays(text: string): number[] | undefined {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last = first, ...more] = part.split('-').map((day) => DAYS.indexOf(day));
    if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}

function readTime(text: string): number | undefined {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  const time = hours * 60 + minutes;
  return minutes < 60 && time <= 1440 ? time : undefined;
}

/** How long it is open, by the clock. */
const lengthOf = ({ from, to }: MaintenanceWindow): number => (to > from ? to - from : to + 1440 - from);

/** What is wrong with windows through which a host of so many minutes has to fit; undefined: nothing. */
export function unfit(texts: readonly string[], minutes: number): string | undefined {
  const windows = texts.map(parseWindow).filter((w) => typeof w !== 'string');
  const longest = Math.max(0, ...windows.map(lengthOf));
  if (windows.length === 0 || longest >= minutes) return undefined;
  return `no window is long enough for a host, which takes ${formatDuration(minutes * 60)} (maintenance.hostMinutes)`;
}

/** When something of so many minutes may begin, seen from a time. Windows that meet are one. */
export function nextOpening(texts: readonly string[], at: number, minutes: number): Opening {
  const windows = texts.map((text) => {
    const window = parseWindow(text);
    if (typeof window === 'string') throw new Error(`window ${text}: ${window}`);
    return window;
  });
  // A week and a day: one that fell into the hour that a spring leaves out comes a week later.
  const spans = merged(windows.flatMap((window) => spansOf(window, at - 2 * DAY_MS, 17)));
  const next = spans.find((span) => span.end - Math.max(span.start, at) >= minutes * MINUTE_MS);
  if (!next) {
    // Nothing is long enough for what was measured: begin with a window, rather than never.
    const later = spans.find((span) => span.start > at);
    return { isOpen: false, opensAt: later?.start ?? at + DAY_MS };
  }
  return next.start <= at ? { isOpen: true, until: next.end } : { isOpen: false, opensAt: next.start };
}

interface Span {
  start: number;
  end: number;
}

/** Its openings on so many days. */
function spansOf({ days, from, to, zone }: MaintenanceWindow, since: number, count: number): Span[] {
  const offset = createOffset(zone);
  const local = since + offset(since);
  const midnight = local - (((local % DAY_MS) + DAY_MS) % DAY_MS);
  const spans: Span[] = [];
  for (let day = 0; day < count; day++) {
    const date = midnight + day * DAY_MS;
    // The epoch began on a Thursday.
    if (!days.includes((((date / DAY_MS + 3) % 7) + 7) % 7)) continue;
    const start = firstMoment(date + from * MINUTE_MS, offset);
    const end = firstMoment(date + (to > from ? to : to + 1440) * MINUTE_MS, offset);
    if (end > start) spans.push({ start, end });
  }
  return spans;
}

function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else result.push({ ...span });
  }
  return result;
}

type Offset = (at: number) => number;

/** The first moment at which the clock on the wall shows this time or a later one: clocks that are put back or forward make no second window. */
function firstMoment(wall: number, offset: Offset): number {
  const before = offset(wall - 16 * 3_600_000);
  const after = offset(wall + 16 * 3_600_000);
  if (before === after) return wall - before;
  let [low, high] = [wall - 16 * 3_600_000, wall + 16 * 3_600_000];
  while (high - low > 1000) {
    const middle = low + Math.floor((high - low) / 2000) * 1000;
    if (offset(middle) === before) low = middle;
    else high = middle;
  }
  if (wall - before < high) return wall - before;
  return Math.max(high, wall - after);
}

/** Local time minus UTC at a moment, ms. */
function createOffset(zone: string): Offset {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (at) => {
    const whole = Math.floor(at / 1000) * 1000;
    const part = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  };
}
