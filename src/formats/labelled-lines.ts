const MARK = '--- ';

/** Lines of one origin (a command, a journal, a container) under a label; nothing where there are none. */
export const labelled = (label: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`${MARK}${label}`, ...lines];

export const isLabel = (line: string): boolean => line.startsWith(MARK);

/** Of lines with labelled parts among them the last few of each part, with its label. */
export function briefly(lines: readonly string[], each: number): string[] {
  const parts: string[][] = [];
  for (const line of lines) {
    const part = parts.at(-1);
    if (!part || isLabel(line)) parts.push([line]);
    else part.push(line);
  }
  return parts.flatMap((part) => {
    const [first = '', ...rest] = part;
    return isLabel(first) ? [first, ...rest.slice(-each)] : part.slice(-each);
  });
}
