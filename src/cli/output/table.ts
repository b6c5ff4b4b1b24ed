import stringWidth from 'string-width';

export interface Column<T> {
  header: string;
  value: (row: T) => string;
  /** Only in `-o wide`. */
  wide?: boolean;
  /** Paints a cell that is filled up to its width already. */
  paint?: (cell: string, row: T) => string;
}

/** Columns as kubectl prints them: upper-case headers, three spaces, no borders. Empty values are `<none>`. */
export function renderTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  options: { wide?: boolean; headers?: boolean } = {},
): string[] {
  const shown = columns.filter((c) => !c.wide || options.wide);
  const cells = rows.map((row) => shown.map((c) => oneLine(c.value(row))));
  const headers = options.headers === false ? [] : [shown.map((c) => c.header)];
  const widths = shown.map((_, i) => Math.max(...[...headers, ...cells].map((line) => stringWidth(line[i] ?? ''))));
  const fill = (cell: string, i: number): string =>
    i === shown.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - stringWidth(cell));
  return [
    ...headers.map((line) => line.map(fill).join('   ').trimEnd()),
    ...cells.map((line, r) =>
      line
        .map((cell, i) => {
          const filled = fill(cell, i);
          const row = rows[r];
          return row === undefined ? filled : (shown[i]?.paint?.(filled, row) ?? filled);
        })
        .join('   ')
        .trimEnd(),
    ),
  ];
}

const oneLine = (value: string): string => (value === '' ? '<none>' : value.replaceAll(/\s*\n\s*/g, ' '));
