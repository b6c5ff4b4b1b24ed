import type { Out } from '../context.ts';

/** Draws frames over each other at the bottom of a terminal. */
export interface Painter {
  draw(lines: readonly string[]): void;
  /** Prints lines above the picture, for good. */
  above(lines: readonly string[]): void;
  /** Leaves the last frame where it is and shows the cursor again. */
  end(): void;
}

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';

export function createPainter(out: Out): Painter {
  let last: readonly string[] = [];
  let hidden = false;
  const put = (lines: readonly string[], prefix: readonly string[] = []): void => {
    // One write a frame, and each line cleared behind its end: no flicker.
    const up = last.length > 0 ? `\u001b[${last.length}A\r` : '';
    const text = [...prefix, ...lines].map((line) => `${line}\u001b[K\n`).join('');
    out.write(`${hidden ? '' : HIDE}${up}${text}\u001b[J`);
    hidden = true;
    last = lines;
  };
  return {
    draw: (lines) => put(lines),
    above: (lines) => put(last, lines),
    end: () => {
      if (hidden) out.write(SHOW);
      hidden = false;
      last = [];
    },
  };
}
