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
  const source = parts.raw.map((part, i) => (i < values.length ? `${part}\u0000${i}\u0001` : part)).join('');
  const rows = source.replace(/^\n/, '').replace(/\n[ \t]*$/, '').split('\n');
  const margin = Math.min(...rows.filter((r) => r.trim() !== '').map((r) => /^ */.exec(r)?.[0].length ?? 0));
  const out = rows.flatMap((row) => {
    const line = row.slice(margin).trimEnd();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks around a value's number
    const alone = /^( *)\u0000(\d+)\u0001$/.exec(line);
    const value = alone && values[Number(alone[2])];
    if (alone && typeof value === 'object' && value !== null) {
      return value.items.map((item) => (item === '' ? '' : `${alone[1]}${checked(item)}`));
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks around a value's number
    return [line.replaceAll(/\u0000(\d+)\u0001/g, (_, i: string) => checked(values[Number(i)]))];
  });
  return `${out.join('\n')}\n`;
}

function checked(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw new Error(`a value of a text is ${typeof value}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are refused
  if (/[\u0000-\u001f\u007f]/.test(value)) throw new Error(`a value of a text has a control character: ${JSON.stringify(value)}`);
  return value;
}
