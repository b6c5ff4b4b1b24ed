import type { Place } from '../../cluster/error.ts';
import type { Path } from '../../cluster/issue.ts';
import { placeAt } from '../source.ts';
import type { Located, Trouble } from './located.ts';

type Place0 = Pick<Located, 'file' | 'offset'>;

/** A document in the cluster file's shape that grows value by value, and remembers where each came from. */
export interface SeedDocument {
  document: Record<string, unknown>;
  /** The step `+` appends to a list. A setting that is set twice keeps the last. */
  set(path: Path, value: unknown, at: Place0): void;
  locate(path: Path): Place | undefined;
}

export function createSeedDocument(): SeedDocument {
  const document: Record<string, unknown> = {};
  const places = new Map<string, Place0>();
  const key = (path: Path): string => JSON.stringify(path.map(String));
  return {
    document,
    set(path, value, at) {
      const real: Path = [];
      let holder: Record<string, unknown> | unknown[] = document;
      path.forEach((step, i) => {
        const last = i === path.length - 1;
        const index = Array.isArray(holder) && step === '+' ? holder.length : step;
        real.push(index);
        if (!places.has(key(real)) || last) places.set(key(real), at);
        const slots = holder as Record<string | number, unknown>;
        if (last) slots[index] = value;
        else {
          const next = slots[index];
          if (typeof next !== 'object' || next === null) slots[index] = path[i + 1] === '+' ? [] : {};
          holder = slots[index] as Record<string, unknown> | unknown[];
        }
      });
    },
    locate(path) {
      const at = places.get(key(path));
      return at && placeAt(at.file, at.offset);
    },
  };
}

/** The trouble as an issue with its place. */
export function placed(trouble: Trouble): {
  path: Path;
  message: string;
  hint?: string;
  severity: 'error' | 'warning';
  place: Place;
} {
  return {
    path: [],
    message: trouble.message,
    ...(trouble.hint !== undefined && { hint: trouble.hint }),
    severity: trouble.severity ?? 'error',
    place: placeAt(trouble.file, trouble.offset),
  };
}
