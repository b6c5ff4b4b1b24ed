import type { Cluster } from './cluster.ts';
import type { FactsByHost } from './facts.ts';

/** A stretch of time by the worker's clock, ms since the epoch. */
export interface Span {
  startedAt: number;
  endedAt: number;
}

/** The moment by the worker's clock that fits best what a host said its time is, while it was asked. */
export const momentOf = (hostMs: number, { startedAt, endedAt }: Span): number =>
  Math.min(Math.max(hostMs, startedAt), endedAt);

/** By how many ms the clocks of most hosts differ from the worker's, when facts were gathered. */
export function usualSkewMs(facts: FactsByHost): number {
  const skews = Object.values(facts).map((f) => f.clock.hostMs - f.clock.workerMs);
  return skews.sort((a, b) => a - b)[Math.floor(skews.length / 2)] ?? 0;
}

/** Seconds that a host's clock is off the others'; undefined where that is within bounds. */
export function secondsOff(
  cluster: Cluster,
  facts: FactsByHost,
  { hostMs, workerMs }: { hostMs: number; workerMs: number },
): number | undefined {
  const ms = hostMs - workerMs - usualSkewMs(facts);
  return Math.abs(ms) > cluster.preflight.maxClockSkewSeconds * 1000 ? Math.round(ms / 1000) : undefined;
}
