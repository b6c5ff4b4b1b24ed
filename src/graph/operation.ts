import type { Step } from './step.ts';

/** A named sequence of steps that an operator starts. */
export interface Operation {
  id: string;
  title: string;
  why: string;
  steps: readonly Step[];
}

export function operation(record: Operation): Operation {
  const seen = new Set<Step>();
  for (const s of record.steps) {
    for (const before of [...(s.after ?? []), ...(s.afterAll ?? [])]) {
      if (!seen.has(before))
        throw new Error(
          `operation ${record.id}: ${s.id} comes after ${before.id}, which stands behind it or not at all`,
        );
    }
    if ([...seen].some((other) => other.id === s.id))
      throw new Error(`operation ${record.id}: two steps named ${s.id}`);
    seen.add(s);
  }
  return record;
}
