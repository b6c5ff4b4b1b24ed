/** Finds many byte strings at once: `find` tells each occurrence, in order of their ends. */
export interface Search {
  /** No occurrence is longer; whoever reads in pieces lets them overlap by so much less one. */
  longest: number;
  find: (text: Uint8Array, found: (needle: number, offset: number) => void) => void;
}

const BLOCK = 3;
const LONGEST_WINDOW = 16;

/**
 * Wu-Manber: of each needle the first `window` bytes count; a table by blocks of three bytes tells how far the window can be
 * moved at once, so most of the text is never looked at. Ten thousands of needles cost hardly more than one.
 * S. Wu, U. Manber: A fast algorithm for multi-pattern searching, 1994.
 *
 * @param needles at least six bytes each
 */
export function searchFor(needles: readonly Uint8Array[]): Search {
  const shortest = Math.min(...needles.map((n) => n.length));
  if (shortest < 6) throw new RangeError(`a needle of ${shortest} bytes is found everywhere`);
  const window = Math.min(LONGEST_WINDOW, shortest);
  const far = window - BLOCK + 1;
  const shift = new Uint8Array(1 << 24).fill(far);
  const candidates = new Map<number, number[]>();
  for (const [index, needle] of needles.entries()) {
    for (let i = 0; i <= window - BLOCK; i++) {
      const block = blockAt(needle, i);
      const distance = window - BLOCK - i;
      if (distance < (shift[block] ?? far)) shift[block] = distance;
      if (distance > 0) continue;
      const of = candidates.get(block);
      if (of) of.push(index);
      else candidates.set(block, [index]);
    }
  }
  return {
    longest: needles.reduce((most, n) => Math.max(most, n.length), 0),
    find(text, found) {
      for (let end = window - BLOCK; end + BLOCK <= text.length; ) {
        const block = blockAt(text, end);
        const move = shift[block] ?? far;
        if (move > 0) {
          end += move;
          continue;
        }
        const offset = end - (window - BLOCK);
        for (const index of candidates.get(block) ?? []) {
          if (startsAt(text, offset, needles[index] as Uint8Array)) found(index, offset);
        }
        end++;
      }
    },
  };
}

const blockAt = (text: Uint8Array, at: number): number =>
  ((text[at] as number) << 16) | ((text[at + 1] as number) << 8) | (text[at + 2] as number);

function startsAt(text: Uint8Array, offset: number, needle: Uint8Array): boolean {
  if (offset + needle.length > text.length) return false;
  for (let i = 0; i < needle.length; i++) if (text[offset + i] !== needle[i]) return false;
  return true;
}
