/** A line of a difference. */
export interface DiffLine {
  sign: ' ' | '+' | '-';
  text: string;
}

/** Above this, lines are compared at the ends only: the table of the exact way grows with the square. */
const EXACT_LINES = 1500;

/** Which lines of `after` are new and which of `before` are gone: a longest common subsequence. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = split(before);
  const b = split(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (text: string): DiffLine => ({ sign: ' ', text });
  return [
    ...a.slice(0, head).map(same),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ];
}

const split = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

function middle(a: string[], b: string[]): DiffLine[] {
  const gone = (text: string): DiffLine => ({ sign: '-', text });
  const fresh = (text: string): DiffLine => ({ sign: '+', text });
  if (a.length === 0 || b.length === 0 || a.length > EXACT_LINES || b.length > EXACT_LINES)
    return [...a.map(gone), ...b.map(fresh)];
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] =
        a[i] === b[j]
          ? (longest[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      lines.push({ sign: ' ', text: a[i] ?? '' });
      i++;
      j++;
    } else if ((longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0)) lines.push(gone(a[i++] ?? ''));
    else lines.push(fresh(b[j++] ?? ''));
  }
  return [...lines, ...a.slice(i).map(gone), ...b.slice(j).map(fresh)];
}

/** Only the changes with some lines around them; `…` stands for what is left out. */
export function hunks(lines: readonly DiffLine[], around = 2): (DiffLine | '…')[] {
  const keep = new Set<number>();
  lines.forEach((line, i) => {
    if (line.sign !== ' ') for (let k = i - around; k <= i + around; k++) keep.add(k);
  });
  const shown: (DiffLine | '…')[] = [];
  lines.forEach((line, i) => {
    if (keep.has(i)) shown.push(line);
    else if (shown.at(-1) !== '…') shown.push('…');
  });
  return shown;
}
