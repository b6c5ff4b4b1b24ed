import { KhaError } from '../cluster/error.ts';
import type { Clock } from '../ports/clock.ts';

const MOST = 60;

interface Expectation {
  /** In the present tense: `etcd becomes healthy`. */
  what: string;
  timeoutMs: number;
  intervalMs: number;
  /** Code of the KhaError when it does not come about. */
  code: string;
  /** Sentences on what is not yet so; empty: it came about. */
  troubles: () => Promise<string[]>;
  /** Lines for the operator when it did not come about. */
  explain?: () => Promise<string[]>;
}

/** Looks again and again until nothing is in the way; throws with the last troubles when the time is up. */
export async function eventually(clock: Clock, abort: AbortSignal, expectation: Expectation): Promise<void> {
  const end = clock.now() + expectation.timeoutMs;
  for (;;) {
    const troubles = await expectation.troubles();
    if (troubles.length === 0) return;
    abort.throwIfAborted();
    if (clock.now() >= end) {
      const lines = (await expectation.explain?.()) ?? [];
      throw new KhaError(
        `not so after ${Math.round(expectation.timeoutMs / 1000)} s: ${expectation.what} (${troubles.join('; ')})`,
        {
          code: expectation.code,
          blame: 'cluster',
          lastLines: lines.filter((l) => l.trim() !== '').slice(-MOST),
          // It was waited for as long as the declaration says; now a person looks.
          final: true,
        },
      );
    }
    await clock.sleep(expectation.intervalMs, abort);
  }
}
