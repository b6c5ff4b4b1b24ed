export const round = (n: number, digits = 0): number => Number(n.toFixed(digits));

/** Seconds with one decimal. */
export const seconds = (ms: number, digits = 1): number => round(ms / 1000, digits);

/** The middle one; of an even number the mean of both. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return Number.isInteger(half) ? (at(half - 1) + at(half)) / 2 : at(Math.floor(half));
}
