/** What an operator says of parked tasks, of gates, or of the whole operation. */
export interface Word {
  say: 'retry' | 'skip' | 'abort' | 'approve' | 'reject';
  /** Selections (see selection.ts), at least one; none where the word is abort, or on the only gate that waits. */
  tasks: string[];
  reason?: string;
  /** Who says it: `user@machine`. */
  by?: string;
  /** Digest of a corrected declaration; retry only. */
  declaration?: string;
  /** Digest of the plan that the approval or rejection is on, or its beginning. */
  plan?: string;
  /** The word is on what parked at this time (ms since the epoch), not on a later failure of the same task. */
  parkedAt?: number;
}

/** A signal that could not be taken for a word, and why; a sentence without its end. */
export interface Misheard {
  problem: string;
}

const LONGEST = 500;

const fields: Record<Word['say'], readonly string[]> = {
  retry: ['task', 'host', 'declaration', 'by', 'reason', 'parkedAt'],
  skip: ['task', 'host', 'reason', 'by', 'parkedAt'],
  abort: ['reason', 'by'],
  approve: ['gate', 'task', 'host', 'reason', 'by', 'plan'],
  reject: ['gate', 'task', 'host', 'reason', 'by', 'plan'],
};

/**
 * Reads the input of a signal. Besides kha's own requests it takes what a person types: a text with one selection or
 * several, a list of them, an object with `task` or `host`; for skip, approve and reject a second text with the reason; for abort a text with
 * the reason. Nothing at all means all that is parked for retry, no reason for abort, and the only gate that waits for approve and reject. Never throws.
 */
export function readWord(say: Word['say'], input: readonly unknown[]): Word | Misheard {
  const [first, second, ...more] = input;
  if (more.length > 0 || (second !== undefined && !(say !== 'retry' && say !== 'abort' && typeof second === 'string')))
    return { problem: `${input.length} inputs are too many` };
  const given = readFirst(say, isEmpty(first) ? {} : first);
  if ('problem' in given) return given;
  const word = { ...given, ...(typeof second === 'string' ? { reason: second } : {}) };
  const long = [...word.tasks, word.reason, word.by].find((text) => text !== undefined && text.length > LONGEST);
  if (long !== undefined) return { problem: `a text of ${long.length} characters is too long` };
  if (say !== 'retry' && say !== 'skip') return word;
  if (word.tasks.length > 0) return word;
  if (say === 'retry') return { ...word, tasks: ['*'] };
  return { problem: 'it names no task; the input may be "STEP/HOST" or {"task": "STEP/HOST", "reason": "…"}' };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

function readFirst(say: Word['say'], value: unknown): Word | Misheard {
  if (typeof value === 'string') {
    return say === 'abort' ? { say, tasks: [], reason: value.trim() } : { say, tasks: selections(value) };
  }
  if (Array.isArray(value) && say !== 'abort') {
    return isTexts(value) ? { say, tasks: value.flatMap(selections) } : { problem: 'the list holds more than texts' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problem: `the input is ${Array.isArray(value) ? 'a list' : `a ${typeof value}`}` };
  return readObject(say, value as Record<string, unknown>);
}

function readObject(say: Word['say'], value: Record<string, unknown>): Word | Misheard {
  const unknown = Object.keys(value).find((key) => !fields[say].includes(key));
  if (unknown !== undefined) {
    const known = `known are ${fields[say].filter((f) => f !== 'parkedAt').join(', ')}`;
    const about = say === 'abort' && /^(task|host)s?$/.test(unknown);
    return {
      problem: about
        ? `abort ends the whole operation, it takes no ${unknown}; skip leaves a task out`
        : `there is no field ${unknown.slice(0, 40)}; ${known}`,
    };
  }
  const { gate, task, host, parkedAt } = value;
  const word: Word = { say, tasks: [] };
  for (const name of ['reason', 'by', 'declaration', 'plan'] as const) {
    const text = value[name];
    if (text === undefined || text === null) continue;
    if (typeof text !== 'string') return { problem: `${name} is no text` };
    word[name] = text;
  }
  if (parkedAt !== undefined) {
    if (typeof parkedAt !== 'number') return { problem: 'parkedAt is no number' };
    word.parkedAt = parkedAt;
  }
  for (const [name, names] of Object.entries({ gate, task, host })) {
    if (names === undefined || names === null) continue;
    const list: unknown[] = Array.isArray(names) ? names : [names];
    if (!isTexts(list)) return { problem: `${name} is no text` };
    const words = list.flatMap(selections);
    word.tasks.push(...(name === 'host' ? words.map((w) => `*/${w}`) : words));
  }
  return word;
}

const selections = (text: string): string[] => text.split(/[\s,]+/).filter((w) => w !== '');
const isTexts = (list: readonly unknown[]): list is string[] => list.every((w) => typeof w === 'string');
