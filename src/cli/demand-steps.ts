import type { Operation } from '../graph/operation.ts';
import { usageError } from './errors.ts';

/** Throws KHA1001 where an operation has no such step, or none that can be left out. */
export function demandSteps(operation: Operation, steps: readonly string[]): void {
  if (operation.isWhole && steps.length > 0)
    throw usageError(`No step of ${operation.id} can be left out.`, 'Leave --only and --skip-steps out.');
  const unknown = steps.filter((id) => !operation.steps.some((s) => s.id === id));
  if (unknown.length > 0)
    throw usageError(
      `${operation.id} has no step ${unknown.join(', ')}.`,
      `Its steps: ${operation.steps.map((s) => s.id).join(', ')}.`,
    );
}
