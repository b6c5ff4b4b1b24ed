import { afterAll, afterEach, expect } from 'vitest';
import { labDown } from '../../lab/lab.ts';
import type { Ended } from './ended.ts';
import { createKha, type Kha } from './kha.ts';

// How suites on hosts begin and end.

/** A kha of the suite's own, with its server. */
export async function servedKha(): Promise<Kha> {
  const kha = await createKha();
  await kha.serve();
  return kha;
}

/** Asserts how a command ended; where it did otherwise its words are shown. */
export const ends = ({ code, stdout, stderr }: Ended, expected = 0): void =>
  expect(code, stderr + stdout).toBe(expected);

/**
 * To be called once in a suite: where a test fails it shows how the operation stands, and in the end neither kha nor hosts are left.
 * @param kha undefined where it was not made
 */
export function endSuite(
  kha: () => Kha | undefined,
  {
    shows = [],
    first,
    down = () => labDown(),
  }: {
    /** Further commands whose output tells why. */
    shows?: string[][];
    /** What else the suite has to end, before. */
    first?: () => void;
    down?: () => Promise<void>;
  } = {},
): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const command of [['status', 'demo'], ...shows]) {
      const { stdout, stderr } = (await kha()?.run(...command)) ?? { stdout: 'there is no kha', stderr: '' };
      console.error(stdout + stderr);
    }
  });
  afterAll(async () => {
    first?.();
    await kha()?.close();
    await down();
  });
}
