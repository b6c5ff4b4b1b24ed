import type { Operation } from '../graph/operation.ts';
import { notFound, usageError } from './errors.ts';

/** The operation of that id. Throws KHA1002 with what there is. */
export async function operationNamed(id: string): Promise<Operation> {
  const { operations } = await import('../operations/registry.ts');
  const found = operations.find((o) => o.id === id);
  if (!found) throw notFound(`There is no operation ${id}.`, `There is: ${operations.map((o) => o.id).join(', ')}.`);
  return found;
}

/** Throws KHA1001 where an operation has no such step. */
export function demandSteps(operation: Operation, steps: readonly string[]): void {
  const unknown = steps.filter((id) => !operation.steps.some((s) => s.id === id));
  if (unknown.length > 0)
    throw usageError(
      `${operation.id} has no step ${unknown.join(', ')}.`,
      `Its steps: ${operation.steps.map((s) => s.id).join(', ')}.`,
    );
}
