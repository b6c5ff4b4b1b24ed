import { KhaError } from '../cluster/error.ts';
import { actingOn, actScript, lookScript, readReports, secretFiles, secretsOf } from '../graph/effects/compile.ts';
import { type Effect, effectKind } from '../graph/effects/registry.ts';
import type { Store } from '../ports/store.ts';
import type { TaskResult } from './contract.ts';
import { diagnose } from './diagnose.ts';
import { lastLines, type Session } from './session.ts';

/** Values of the secrets that effects need; KHA4100 when one is not in the store. */
export async function secretValuesOf(store: Store, effects: readonly Effect[]): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const name of secretsOf(effects)) {
    const value = await store.getSecret(name);
    if (value === undefined) {
      throw new KhaError(`the secret ${name} is not in the store`, {
        code: 'KHA4100',
        blame: 'kha',
        hint: 'It is made by an earlier step: say retry after that one is done.',
      });
    }
    values[name] = value;
  }
  return values;
}

/**
 * Brings a host to the state that the effects describe: one look, and where something differs one act, verified by itself.
 *
 * @param part tells several calls of one task apart, see JobOptions
 */
export async function applyEffects(
  session: Session,
  store: Store,
  effects: readonly Effect[],
  onDetail: (detail: string) => void,
  part?: string,
): Promise<TaskResult> {
  const secrets = await secretValuesOf(store, effects);
  const seen = readReports(
    await session.read('look at all effects', lookScript(effects, secrets), { timeoutMs: 120_000, maxBytes: 4 << 20 }),
  );
  if (seen.length !== effects.length) {
    throw new KhaError(`the look at ${session.host.name} reported on ${seen.length} of ${effects.length} effects`, {
      code: 'KHA9100',
      blame: 'kha',
    });
  }
  if (seen.every((r) => r.outcome === 'same'))
    return {
      changed: false,
      detail: effects.length === 1 ? 'is as it must be' : `${effects.length} effects as they must be`,
    };

  const title = (index: number): string => {
    const effect = effects[index];
    return effect ? effectKind(effect).title(effect) : `effect ${index}`;
  };
  const result = await session.job('bring about what differs', actScript(effects, secrets), {
    secrets: secretFiles(secrets),
    ...(part === undefined ? {} : { part }),
    onLine: (line) => {
      const index = actingOn(line);
      if (index !== undefined) onDetail(title(index));
    },
  });
  const reports = readReports(result.stdout);
  const bad = reports.find((r) => r.outcome === 'failed' || r.outcome === 'unmet');
  if (bad || result.exitCode !== 0) {
    const what = bad ? title(bad.index) : `the script ended with exit code ${result.exitCode}`;
    const why = bad?.outcome === 'unmet' ? ` came about only as "${bad.state}"` : bad ? ' failed' : '';
    const effect = bad && effects[bad.index];
    const diagnosis = effect?.kind === 'wait' && effect.containers && (await diagnose(session, effect.containers));
    throw new KhaError(`${what}${why}`, {
      code: 'KHA3100',
      blame: 'host',
      where: session.host.name,
      lastLines: [...lastLines(result), ...(diagnosis ? diagnosis.lines : [])],
      ...wayOut(effect, result.stderr),
    });
  }
  // A full disk cuts scripts and their output short; what was not reported on was not done.
  if (reports.length !== effects.length) {
    throw new KhaError(`the host reported on ${reports.length} of ${effects.length} effects only`, {
      code: 'KHA3100',
      blame: 'host',
      where: session.host.name,
      hint: 'Is its disk full (df)? Make room, then say retry.',
      lastLines: lastLines(result),
    });
  }
  const changed = reports.filter((r) => r.outcome === 'changed').map((r) => title(r.index));
  return {
    changed: changed.length > 0,
    detail: shorten(`changed ${changed.length} of ${effects.length}: ${changed.join('; ')}`),
  };
}

/** What the kind of an effect knows of its failure: the way out, and whether another try at once is any use. */
function wayOut(effect: Effect | undefined, stderr: string): { hint?: string; final?: boolean } {
  if (!effect) return {};
  const { hint, hopeless } = effectKind(effect);
  return { ...(hint && { hint: hint(effect) }), final: hopeless?.test(stderr) ?? false };
}

const shorten = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text);
