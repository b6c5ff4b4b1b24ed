/** What a selection is held against. */
interface Named {
  id: string;
  step: string;
  host: string;
}

/**
 * Is a task meant by a selection? `step/host` is one task; `*` in either part stands for any characters (`images/*`,
 * every task of w1 by a star before the slash); one word without a slash means all tasks of that host or step; `*` means all.
 */
export function isSelected(selection: string, { id, step, host }: Named): boolean {
  if (selection === id) return true;
  const slash = selection.indexOf('/');
  if (slash < 0) return fits(selection, host) || fits(selection, step);
  return fits(selection.slice(0, slash), step) && fits(selection.slice(slash + 1), host);
}

/** Does it name one task, so that it is worth a word where there is none? */
export const isExact = (selection: string): boolean => selection.includes('/') && !selection.includes('*');

/** No regular expression: what comes by signal must not keep a workflow busy. */
function fits(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
