import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KhaError } from '../../cluster/error.ts';
import type { RemoteCommand } from '../../ports/store.ts';
import { ioError, isMissing } from '../files.ts';

const ENDING = '.jsonl';

/**
 * Logs of runs as JSON lines. Each writer has a file of its own in a run's folder, so that writers of several processes
 * and machines never touch the same file, and a writer that was killed leaves at most one torn last line.
 */
export function createLog(directoryOf: (run: string) => string): {
  append(run: string, entry: RemoteCommand): Promise<void>;
  read(run: string): Promise<RemoteCommand[]>;
} {
  const newWriter = () => `${process.pid}-${randomUUID()}${ENDING}`;
  let writer = newWriter();
  let turn: Promise<void> = Promise.resolve();
  // Lines that wait for their turn are written together.
  const batches = new Map<string, { lines: string[]; written: Promise<void> }>();

  async function write(path: string, text: string): Promise<void> {
    const file = await open(path, 'a', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  }

  async function append(run: string, lines: readonly string[]): Promise<void> {
    const directory = directoryOf(run);
    const path = join(directory, writer);
    const text = lines.join('');
    try {
      await write(path, text).catch(async (cause: unknown) => {
        if (!isMissing(cause)) throw cause;
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await write(path, text);
      });
    } catch (cause) {
      // What was written of the line stays a torn end; the next line goes to a new file.
      writer = newWriter();
      throw ioError('written', path, cause);
    }
  }

  return {
    append(run, entry) {
      const line = `${JSON.stringify(entry)}\n`;
      const open = batches.get(run);
      if (open) {
        open.lines.push(line);
        return open.written;
      }
      const lines = [line];
      const written = turn.then(() => {
        batches.delete(run);
        return append(run, lines);
      });
      batches.set(run, { lines, written });
      turn = written.catch(() => undefined);
      return written;
    },

    async read(run) {
      const directory = directoryOf(run);
      let names: string[];
      try {
        names = await readdir(directory);
      } catch (cause) {
        if (isMissing(cause)) return [];
        throw ioError('read', directory, cause);
      }
      const files = await Promise.all(
        names.filter((name) => name.endsWith(ENDING)).map((name) => readLines(join(directory, name))),
      );
      return files.flat().sort((a, b) => a.startedAt - b.startedAt || a.endedAt - b.endedAt);
    },
  };
}

async function readLines(path: string): Promise<RemoteCommand[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw ioError('read', path, cause);
  });
  const lines = text.split('\n');
  // The last piece is empty, or the torn end of a writer that was killed.
  return lines.slice(0, -1).map((line, i) => {
    try {
      return JSON.parse(line) as RemoteCommand;
    } catch (cause) {
      throw new KhaError(`The log ${path} is damaged in line ${i + 1}.`, {
        code: 'KHA4002',
        blame: 'configuration',
        hint: 'Remove that line, or the file: it holds only the record of past commands.',
        cause,
      });
    }
  });
}
