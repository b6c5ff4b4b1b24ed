import stringWidth from 'string-width';

/** Cuts a plain text to a width, with `…` where something is left out. */
export function fit(text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  if (width <= 0) return '';
  if (stringWidth(line) <= width) return line;
  let out = '';
  let used = 0;
  for (const char of line) {
    const w = stringWidth(char);
    if (used + w > width - 1) break;
    out += char;
    used += w;
  }
  return `${out.trimEnd()}…`;
}

/** Cuts or fills a plain text to exactly a width. */
export function column(text: string, width: number): string {
  const cut = fit(text, width);
  return cut + ' '.repeat(Math.max(0, width - stringWidth(cut)));
}

/** Breaks a plain text into lines of at most a width, at spaces where there are some. */
export function wrap(text: string, columns: number): string[] {
  const width = Math.max(2, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (stringWidth(line) > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}
