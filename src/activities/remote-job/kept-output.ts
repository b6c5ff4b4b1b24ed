import { StringDecoder } from 'node:string_decoder';

/** One stream of a job, received in pieces and perhaps from several connections. */
export interface KeptOutput {
  push(chunk: Uint8Array): void;
  /** Where the next byte stands in the stream on the host. */
  offset(): number;
  /** Where the line begins that is not complete yet: from here a later follower gets whole lines. */
  lineOffset(): number;
  /** Passes on a last line without its end. */
  end(): void;
  /** The last part, as text. */
  text(): string;
}

/** A longer line is passed on in pieces, so that output without line ends does not fill the memory. */
const maxLine = 65_536;

/**
 * Keeps the last `max` bytes of a stream that is read from byte `offset` on. Lines are passed on only from byte `linesFrom`
 * on: what is before was passed on by an earlier worker.
 */
export function keepOutput(max: number, offset: number, linesFrom: number, onLine: (line: string) => void): KeptOutput {
  const decoder = new StringDecoder('utf8');
  let chunks: Buffer[] = [];
  let size = 0;
  let position = offset;
  let lineStart = offset;
  let rest = '';
  return {
    push(chunk) {
      const bytes = Buffer.from(chunk);
      const newline = bytes.lastIndexOf(10);
      if (newline >= 0) lineStart = position + newline + 1;
      const skip = Math.min(bytes.length, Math.max(0, linesFrom - position));
      position += bytes.length;
      chunks.push(bytes);
      size += bytes.length;
      if (size > 2 * max) {
        chunks = [Buffer.from(Buffer.concat(chunks).subarray(size - max))];
        size = max;
      }
      const lines = (rest + decoder.write(bytes.subarray(skip))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
      if (rest.length > maxLine) {
        onLine(rest);
        rest = '';
      }
    },
    offset: () => position,
    lineOffset: () => lineStart,
    end() {
      rest += decoder.end();
      if (rest !== '') onLine(rest);
      rest = '';
    },
    text: () =>
      Buffer.concat(chunks)
        .subarray(Math.max(0, size - max))
        .toString('utf8'),
  };
}
