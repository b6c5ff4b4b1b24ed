/** What the host says about a job besides the job's own output; see `startAndFollow`. */
export type JobFrame =
  | { kind: 'begin'; run: string; startedAt: number; attached: boolean; why: string }
  | { kind: 'end'; exitCode: number; endedAt: number }
  | { kind: 'gone' }
  | { kind: 'more' }
  | { kind: 'busy' }
  | { kind: 'zombie'; attempt: number };

function parseFrame(line: string): JobFrame | undefined {
  const [kind = '', ...words] = line.split(' ');
  switch (kind) {
    case 'begin':
      return {
        kind,
        run: words[0] ?? '',
        startedAt: Number(words[1]),
        attached: words[2] === '1',
        why: words.slice(3).join(' '),
      };
    case 'end':
      // Number('') is 0, and 0 is success.
      if (!/^\d+$/.test(words[0] ?? '')) return undefined;
      return { kind, exitCode: Number(words[0]), endedAt: Number(words[1]) };
    case 'zombie':
      return { kind, attempt: Number(words[0]) };
    case 'gone':
    case 'more':
    case 'busy':
      return { kind };
    default:
      return undefined;
  }
}

/** How many of the last bytes may be the beginning of the mark. */
function beginningOf(mark: Buffer, bytes: Buffer): number {
  for (let n = Math.min(mark.length - 1, bytes.length); n > 0; n--)
    if (bytes.subarray(bytes.length - n).equals(mark.subarray(0, n))) return n;
  return 0;
}

/**
 * Splits a stream into frames, lines that begin with the nonce, and raw bytes between them. A frame may follow raw bytes that
 * lack a line end. Of the raw bytes as many are held back as could begin a nonce; `end` passes them on.
 */
export function frameSplitter(nonce: string, onFrame: (frame: JobFrame) => void, onRaw: (chunk: Buffer) => void) {
  const mark = Buffer.from(`${nonce} `);
  let held = Buffer.alloc(0);
  const raw = (chunk: Buffer) => {
    if (chunk.length > 0) onRaw(chunk);
  };
  return {
    push(chunk: Uint8Array): void {
      held = Buffer.concat([held, chunk]);
      for (;;) {
        const at = held.indexOf(mark);
        if (at < 0) {
          const safe = held.length - beginningOf(mark, held);
          raw(held.subarray(0, safe));
          held = held.subarray(safe);
          return;
        }
        raw(held.subarray(0, at));
        held = held.subarray(at);
        const newline = held.indexOf(10);
        if (newline < 0) return;
        const frame = parseFrame(held.toString('utf8', mark.length, newline));
        held = held.subarray(newline + 1);
        if (frame) onFrame(frame);
      }
    },
    end(): void {
      raw(held);
      held = Buffer.alloc(0);
    },
  };
}
