import { asIs, type Conversion, type Get, type Outcome } from './outcome.ts';
import type { SeedVariable } from './seed-variables.ts';

/** The variable is this setting of the cluster file. */
export function to(path: string, convert: Conversion = asIs, seedDefault?: unknown): SeedVariable {
  return row((value) => [{ set: path.split('.'), value: convert(value) }], seedDefault);
}

export function row(convert: (value: unknown, get: Get) => Outcome[], seedDefault?: unknown): SeedVariable {
  return seedDefault === undefined ? { convert } : { convert, default: seedDefault };
}

/** Known, and without effect: says so, by name, and why. */
export function none(
  reason: string,
  hint = 'Take it out, or leave it; nothing depends on it.',
  seedDefault?: unknown,
): SeedVariable {
  return row(() => [{ warning: reason, hint }], seedDefault);
}
