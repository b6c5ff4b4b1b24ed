import { KhaError } from '../cluster/error.ts';
import type { Operations } from '../ports/operations.ts';
import type { Progress, Said } from '../workflows/protocol.ts';
import type { Context } from './context.ts';
import { progressIfAnswered } from './decision.ts';

const EVERY_MS = 200;
const PATIENCE_MS = 6000;
/** Fewer than an operation keeps, see workflows/said.ts. */
const MOST = 40;

/**
 * Waits until the operation has taken so many new words of this person, and says it where there was no answer in time.
 * Throws KHA1012 with the reasons where none of them was heeded: somebody else was faster, or the task went on meanwhile.
 */
export async function demandHeard(
  context: Context,
  operations: Operations,
  cluster: string,
  sent: { before: Progress; by: string; words: number },
): Promise<void> {
  const old = new Set(sent.before.said.map(keyOf));
  const until = context.now() + PATIENCE_MS;
  for (;;) {
    const progress = await progressIfAnswered(operations, cluster);
    const fresh = progress?.said.filter((said) => said.by === sent.by && !old.has(keyOf(said))) ?? [];
    const refused = fresh.filter((said) => !said.heeded);
    if (fresh.length >= Math.min(sent.words, MOST)) {
      if (refused.length === fresh.length) throw notHeeded(cluster, refused);
      for (const { text } of refused) context.say(`  Not heeded: ${text}`);
      return;
    }
    if (context.now() >= until) {
      context.say(`  No answer yet; what came of it: kha status ${cluster}`);
      return;
    }
    await context.sleep(EVERY_MS);
  }
}

const keyOf = ({ at, by, text }: Said): string => `${at} ${by} ${text}`;

const notHeeded = (cluster: string, refused: readonly Said[]): KhaError =>
  new KhaError(`Not heeded: ${refused.map((said) => said.text).join('; ')}.`, {
    code: 'KHA1012',
    blame: 'configuration',
    hint: `See how it stands: kha status ${cluster}`,
  });
