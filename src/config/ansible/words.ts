/** A word of a host line, with its offset in the line and where its parts came from. */
export interface Word {
  text: string;
  offset: number;
}

/** What can't be split: an open quote. */
export interface SplitTrouble {
  offset: number;
  message: string;
}

/**
 * Splits as Python's `shlex.split(line, comments=True)`: quotes group and go, a backslash quotes one character outside of
 * single quotes, `#` begins a comment, also right after a word.
 */
export function splitWords(line: string): Word[] | SplitTrouble {
  const words: Word[] = [];
  let text = '';
  let start = -1;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] as string;
    if (char === '#') break;
    if (/\s/.test(char)) {
      if (start >= 0) words.push({ text, offset: start });
      text = '';
      start = -1;
      continue;
    }
    if (start < 0) start = i;
    if (char === "'" || char === '"') {
      const end = closing(line, i, char);
      if (end < 0) return { offset: i, message: `The quote ${char} is not closed.` };
      text += char === "'" ? line.slice(i + 1, end) : line.slice(i + 1, end).replace(/\\(["\\])/g, '$1');
      i = end;
    } else if (char === '\\') {
      if (i + 1 >= line.length) return { offset: i, message: 'Nothing follows the backslash.' };
      text += line[++i];
    } else text += char;
  }
  if (start >= 0) words.push({ text, offset: start });
  return words;
}

function closing(line: string, open: number, quote: string): number {
  for (let i = open + 1; i < line.length; i++) {
    if (line[i] === '\\' && quote === '"') i++;
    else if (line[i] === quote) return i;
  }
  return -1;
}
