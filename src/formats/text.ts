declare const brand: unique symbol;

/** Lines that take the place of one line of a `text`, each indented as that line is. Made by `lines`. */
export interface Lines {
  readonly items: readonly string[];
  readonly [brand]: 'Lines';
}

export const lines = (items: readonly string[]): Lines => ({ items }) as Lines;

/**
 * Writes line formats (nginx.conf, hosts, units). The common indentation and the first, empty line go; the result ends
 * with one newline. A value must not hold a newline or another control character, so that no value can add a directive;
 * several lines are given by `lines`, which stands alone on its line (none: the line goes).
 * Throws on anything else: the value came past the checks of the configuration.
 */
export function text(parts: TemplateStringsArray, ...values: (string | number | Lines)[]): string {
  const source = parts.raw.map((part, i) => (i < values.length ? `${part}\uE000${i}\uE001` : part)).join('');
  const rows = source
    .replace(/^\n/, '')
    .replace(/\n[ \t]*$/, '')
    .split('\n');
  const margin = Math.min(...rows.filter((r) => r.trim() !== '').map((r) => /^ */.exec(r)?.[0].length ?? 0));
  const out = rows.flatMap((row) => {
    const line = row.slice(margin).trimEnd();
    const alone = /^( *)\uE000(\d+)\uE001$/.exec(line);
    const value = alone && values[Number(alone[2])];
    if (alone && typeof value === 'object' && value !== null) {
      return value.items.map((item) => (item === '' ? '' : `${alone[1]}${checked(item)}`));
    }
    return [line.replaceAll(/\uE000(\d+)\uE001/g, (_, i: string) => checked(values[Number(i)]))];
  });
  return `${out.join('\n')}\n`;
}

function checked(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw new Error(`a value of a text is ${typeof value}`);
  if (/\p{Cc}/u.test(value)) throw new Error(`a value of a text has a control character: ${JSON.stringify(value)}`);
  return value;
}
