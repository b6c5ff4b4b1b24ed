import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labError } from './error.ts';
import { places } from './places.ts';
import { waitUntil } from './wait.ts';

/** Do something that no other process may do to this lab at the same time. Waits for the other, up to an hour. */
export async function withLock<T>(name: string, say: (line: string) => void, action: () => Promise<T>): Promise<T> {
  mkdirSync(places.cache, { recursive: true, mode: 0o755 });
  const file = join(places.cache, `${name}.lock`);
  const own = `${file}.${process.pid}`;
  const take = () => {
    writeFileSync(own, String(process.pid));
    try {
      linkSync(own, file); // atomic, and the file has its content from the start
      return true;
    } catch {
      if (!alive(holder(file))) rmSync(file, { force: true }); // left by a process that was killed
      return false;
    } finally {
      rmSync(own, { force: true });
    }
  };
  if (!take() && !take()) {
    say(`waiting for process ${holder(file)}, which is working on the same lab`);
    if (!(await waitUntil(take, 3600, 200))) {
      throw labError(`process ${holder(file)} keeps the lab busy`, `Wait for it, or end it and remove ${file}.`);
    }
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

function holder(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return Number.NaN;
  }
}

function alive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
