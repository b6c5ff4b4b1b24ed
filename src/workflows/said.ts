import { log } from '@temporalio/workflow';
import { now } from './now.ts';
import type { Said } from './protocol.ts';

const KEPT = 50;
const LONGEST = 300;

/** The words that came, for status, Web UI and the worker's log. The whole of them is in the history. */
export interface Sayings {
  all: () => Said[];
  /** What was heeded. */
  heeded: (text: string, by?: string, signal?: Said['signal']) => void;
  /** What was not, and why. */
  refused: (text: string, by?: string, signal?: Said['signal']) => void;
}

export function createSayings(): Sayings {
  let list: Said[] = [];
  const add = (heeded: boolean, words: string, by?: string, signal?: Said['signal']): void => {
    // One line without control characters: it is shown on terminals.
    const line = words.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
    const text = line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
    const said: Said = {
      at: now(),
      text,
      heeded,
      ...(by === undefined ? {} : { by: by.slice(0, 100) }),
      ...(signal ? { signal } : {}),
    };
    list = [...list, said].slice(-KEPT);
    if (!heeded) log.warn(`not heeded: ${text}`, by === undefined ? {} : { by });
  };
  return {
    all: () => list,
    heeded: (text, by, signal) => add(true, text, by, signal),
    refused: (text, by, signal) => add(false, text, by, signal),
  };
}
