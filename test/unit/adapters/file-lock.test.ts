import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from '../../../src/adapters/file-lock.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kha-lock-'));
  path = join(dir, 'some.lock');
});
afterEach(() => rm(dir, { recursive: true }));

const leftOver = async () => (await readdir(dir)).filter((name) => name !== '.tmp');

describe('a lock in a file', () => {
  it('lets one at a time do its work, and goes away, also after an error', async () => {
    let inside = 0;
    const turns = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) =>
        withFileLock(path, async () => {
          inside += 1;
          await new Promise((resolve) => setImmediate(resolve));
          expect(inside).toBe(1);
          inside -= 1;
          if (i % 3 === 0) throw new Error(`turn ${i}`);
          return i;
        }),
      ),
    );
    expect(turns.map((turn) => turn.status === 'fulfilled')).toEqual(turns.map((_, i) => i % 3 !== 0));
    expect(await leftOver()).toEqual([]);
  });

  it('is taken over from a process that was killed', async () => {
    const holder = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        `import { withFileLock } from ${JSON.stringify(join(import.meta.dirname, '../../../src/adapters/file-lock.ts'))};
         setInterval(() => undefined, 1000);
         await withFileLock(${JSON.stringify(path)}, () => { console.log('held'); return new Promise(() => undefined); });`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(holder.stdout, 'data');
    let done = false;
    const waiting = withFileLock(path, async () => {
      done = true;
    });
    const held = await readFile(path, 'utf8');
    expect([done, JSON.parse(held)]).toEqual([false, expect.objectContaining({ pid: holder.pid })]);
    holder.kill('SIGKILL');
    await waiting;
    expect(done).toBe(true);
    expect(await leftOver()).toEqual([]);
  });

  it('is left alone where a holder elsewhere may live, until it is old', async () => {
    const foreign = JSON.stringify({ pid: 1, started: 'x', place: 'another machine', turn: 'y' });
    await writeFile(path, foreign);
    let done = false;
    const waiting = withFileLock(path, async () => {
      done = true;
    });
    const { mtimeMs } = await stat(path);
    // That nothing happens can only be seen for a while: four looks at the lock.
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect([done, await readFile(path, 'utf8')]).toEqual([false, foreign]);
    await utimes(path, new Date(mtimeMs - 60_000), new Date(mtimeMs - 60_000));
    await waiting;
    expect(done).toBe(true);
  });
});
