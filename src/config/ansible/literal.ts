/**
 * Python's `ast.literal_eval`, as Ansible's INI inventory applies it to every value: `True`, `22`, `'x'`, `[1, 2]`,
 * `{'a': 1}`, `(1, 2)`, `None` become what they say, everything else stays the text it is (`true`, `1.30.5`, `0644`).
 */
export function literalEval(text: string): unknown {
  const cursor: Cursor = { text: text.trim(), at: 0 };
  try {
    const value = readTop(cursor);
    return cursor.at === cursor.text.length ? value : text;
  } catch (error) {
    if (error instanceof NotALiteral) return text;
    throw error;
  }
}

interface Cursor {
  text: string;
  at: number;
}

class NotALiteral extends Error {}
const WORDS: Record<string, unknown> = { True: true, False: false, None: null };
const NUMBER = /(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\d+(?:_\d+)*)?\.?\d+(?:_\d+)*\.?(?:[eE][+-]?\d+)?)/y;
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"', '0': '\0' };

/** A bare `1, 2` is a tuple. */
function readTop(cursor: Cursor): unknown {
  const first = readValue(cursor, 0);
  if (cursor.text[cursor.at] !== ',') return first;
  const items = [first];
  while (cursor.text[cursor.at] === ',') {
    cursor.at++;
    skipSpace(cursor);
    if (cursor.at === cursor.text.length) break;
    items.push(readValue(cursor, 0));
  }
  return items;
}

function readValue(cursor: Cursor, depth: number): unknown {
  if (depth > 50) throw new NotALiteral();
  skipSpace(cursor);
  const char = cursor.text[cursor.at];
  let value: unknown;
  if (char === '"' || char === "'") value = readString(cursor, char);
  else if (char === '[') value = readItems(cursor, ']', depth);
  else if (char === '(') value = readTuple(cursor, depth);
  else if (char === '{') value = readMap(cursor, depth);
  else if (char === '-' || char === '+') {
    cursor.at++;
    const number = readValue(cursor, depth + 1);
    if (typeof number !== 'number') throw new NotALiteral();
    value = char === '-' ? -number : number;
  } else value = readWord(cursor);
  skipSpace(cursor);
  return value;
}

function readString(cursor: Cursor, quote: string): string {
  let out = '';
  for (let i = cursor.at + 1; i < cursor.text.length; i++) {
    const char = cursor.text[i] as string;
    if (char === '\\') {
      const next = cursor.text[++i] ?? '';
      out += ESCAPES[next] ?? `\\${next}`;
    } else if (char === quote) {
      cursor.at = i + 1;
      return out;
    } else out += char;
  }
  throw new NotALiteral();
}

function readItems(cursor: Cursor, close: string, depth: number): unknown[] {
  cursor.at++;
  const items: unknown[] = [];
  for (;;) {
    skipSpace(cursor);
    if (cursor.text[cursor.at] === close) {
      cursor.at++;
      return items;
    }
    items.push(readValue(cursor, depth + 1));
    if (cursor.text[cursor.at] === ',') cursor.at++;
    else if (cursor.text[cursor.at] !== close) throw new NotALiteral();
  }
}

/** `(1)` is 1, `(1,)` and `(1, 2)` are tuples. */
function readTuple(cursor: Cursor, depth: number): unknown {
  const start = cursor.at;
  const items = readItems(cursor, ')', depth);
  const trailingComma = /,\s*\)$/.test(cursor.text.slice(start, cursor.at));
  return items.length === 1 && !trailingComma ? items[0] : items;
}

function readMap(cursor: Cursor, depth: number): Record<string, unknown> {
  cursor.at++;
  const entries: [string, unknown][] = [];
  for (;;) {
    skipSpace(cursor);
    if (cursor.text[cursor.at] === '}') {
      cursor.at++;
      return Object.fromEntries(entries);
    }
    const key = readValue(cursor, depth + 1);
    if (cursor.text[cursor.at] !== ':' || (typeof key === 'object' && key !== null)) throw new NotALiteral();
    cursor.at++;
    entries.push([String(key), readValue(cursor, depth + 1)]);
    if (cursor.text[cursor.at] === ',') cursor.at++;
    else if (cursor.text[cursor.at] !== '}') throw new NotALiteral();
  }
}

function readWord(cursor: Cursor): unknown {
  const word = /[A-Za-z]+/y;
  word.lastIndex = cursor.at;
  const name = word.exec(cursor.text)?.[0];
  if (name !== undefined) {
    if (!Object.hasOwn(WORDS, name)) throw new NotALiteral();
    cursor.at += name.length;
    return WORDS[name];
  }
  NUMBER.lastIndex = cursor.at;
  const digits = NUMBER.exec(cursor.text)?.[0];
  // Python refuses 0644, so that it stays a text.
  if (digits === undefined || (/^0\d/.test(digits.replace(/_/g, '')) && !/[.eE]/.test(digits) && /[1-9]/.test(digits)))
    throw new NotALiteral();
  cursor.at += digits.length;
  return Number(digits.replace(/_/g, ''));
}

function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text[cursor.at] ?? '')) cursor.at++;
}
