import { StringDecoder } from 'node:string_decoder';

/** Keeps the first and the last bytes of a stream, at most `max` together. */
export function keepEnds(max: number): { push(chunk: Buffer): void; text(): string } {
  const headMax = Math.floor(max / 2);
  const tailMax = max - headMax;
  const head: Buffer[] = [];
  let headSize = 0;
  let tail: Buffer[] = [];
  let tailSize = 0;
  let dropped = 0;
  const trim = () => {
    const all = Buffer.concat(tail);
    const excess = Math.max(0, all.length - tailMax);
    // A copy, so that the cut part is not kept alive by a view.
    tail = [Buffer.from(all.subarray(excess))];
    tailSize = all.length - excess;
    dropped += excess;
  };
  return {
    push(chunk) {
      const room = Math.min(chunk.length, headMax - headSize);
      if (room > 0) {
        head.push(chunk.subarray(0, room));
        headSize += room;
      }
      if (room === chunk.length) return;
      tail.push(room > 0 ? chunk.subarray(room) : chunk);
      tailSize += chunk.length - Math.max(room, 0);
      if (tailSize > 2 * tailMax + 65_536) trim();
    },
    text() {
      if (tailSize > tailMax) trim();
      const start = Buffer.concat(head).toString('utf8');
      const end = Buffer.concat(tail).toString('utf8');
      return dropped === 0
        ? Buffer.concat([...head, ...tail]).toString('utf8')
        : `${start}\n[… ${dropped} bytes dropped …]\n${end}`;
    },
  };
}

/** A longer line is cut, so that a stream without line ends does not fill the memory. */
const maxLine = 65_536;

/** Cuts a stream into complete lines; a last line without its end comes at `end`. */
export function lineSplitter(onLine: (line: string) => void): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    push(chunk) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
      if (rest.length <= maxLine) return;
      onLine(rest);
      rest = '';
    },
    end() {
      rest += decoder.end();
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
