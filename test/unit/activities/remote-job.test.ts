import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frameSplitter, type JobFrame } from '../../../src/activities/remote-job/frames.ts';
import { keepOutput } from '../../../src/activities/remote-job/kept-output.ts';

const chunked = (bytes: Buffer, cuts: number[]): Buffer[] => {
  const at = [...new Set(cuts.map((c) => c % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, i) => bytes.subarray(start, [...at, bytes.length][i]));
};

describe('frameSplitter', () => {
  test('frames and raw bytes come out whole, however the stream is cut', () => {
    const nonce = '@kha-00ff';
    const body = fc.oneof(fc.string(), fc.constant('@kha-00f'), fc.constant('@kha-00ff'), fc.constant(nonce.repeat(2)));
    fc.assert(
      fc.property(body, fc.array(fc.nat()), (text, cuts) => {
        fc.pre(!text.includes(`${nonce} `));
        const stream = Buffer.from(`${nonce} begin r1 5 1 host rebooted\n${text}${nonce} end 3 9\n`);
        const frames: JobFrame[] = [];
        const raw: Buffer[] = [];
        const splitter = frameSplitter(
          nonce,
          (f) => frames.push(f),
          (c) => raw.push(Buffer.from(c)),
        );
        for (const chunk of chunked(stream, cuts)) splitter.push(chunk);
        splitter.end();
        expect(Buffer.concat(raw).toString()).toBe(Buffer.from(text).toString());
        expect(frames).toEqual([
          { kind: 'begin', run: 'r1', startedAt: 5, attached: true, why: 'host rebooted' },
          { kind: 'end', exitCode: 3, endedAt: 9 },
        ]);
      }),
    );
  });

  test('output is passed on at once, but for what may be the beginning of a frame', () => {
    const raw: string[] = [];
    const splitter = frameSplitter(
      '@kha-1',
      () => {},
      (c) => raw.push(c.toString()),
    );
    splitter.push(Buffer.from('begun\n'));
    splitter.push(Buffer.from('x @kha'));
    splitter.push(Buffer.from('-2 y'));
    expect(raw).toEqual(['begun\n', 'x ', '@kha-2 y']);
  });

  test.each(['', ' 9', 'x 9'])('an end without an exit code is none: "end %s"', (words) => {
    const frames: JobFrame[] = [];
    const splitter = frameSplitter(
      '@kha-1',
      (f) => frames.push(f),
      () => {},
    );
    splitter.push(Buffer.from(`@kha-1 end ${words}\n@kha-1 gone\n`));
    expect(frames).toEqual([{ kind: 'gone' }]);
  });
});

describe('keepOutput', () => {
  test('lines come whole and once, and the last part is kept', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string().map((s) => s.replaceAll('\n', ''))),
        fc.array(fc.nat()),
        fc.nat(50),
        (lines, cuts, max) => {
          const bytes = Buffer.from(lines.map((l) => `${l}\n`).join(''));
          const seen: string[] = [];
          const kept = keepOutput(max, 0, 0, (l) => seen.push(l));
          for (const chunk of chunked(bytes, cuts)) kept.push(chunk);
          kept.end();
          expect(seen).toEqual(Buffer.from(lines.join('\n')).toString().split('\n').slice(0, lines.length));
          expect(kept.offset()).toBe(bytes.length);
          expect(kept.lineOffset()).toBe(bytes.length);
          expect(kept.text()).toBe(bytes.subarray(Math.max(0, bytes.length - max)).toString());
        },
      ),
    );
  });

  test('a later follower gets only the lines that an earlier one has not passed on', () => {
    const first: string[] = [];
    const one = keepOutput(1000, 0, 0, (l) => first.push(l));
    one.push(Buffer.from('a\nb\nhal'));
    const from = one.lineOffset();
    expect(from).toBe(4);
    const second: string[] = [];
    const two = keepOutput(1000, 0, from, (l) => second.push(l));
    two.push(Buffer.from('a\nb\nhalf\nend'));
    two.end();
    expect([first, second]).toEqual([
      ['a', 'b'],
      ['half', 'end'],
    ]);
    expect(two.text()).toBe('a\nb\nhalf\nend');
  });
});
