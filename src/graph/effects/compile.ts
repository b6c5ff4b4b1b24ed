import { type Command, sh, shJoin, shRaw } from '../../formats/sh.ts';
import { type SecretValues, secretKey } from './effect.ts';
import { type Effect, effectKind } from './registry.ts';

/** What a script said of one effect. */
export interface EffectReport {
  index: number;
  /** `differs`: a look found another state; `changed`: an act brought it about; `failed`: the act failed; `unmet`: it did not help. */
  outcome: 'same' | 'differs' | 'changed' | 'failed' | 'unmet';
  /** The line that look printed (before the act, where there was one). */
  state: string;
}

const prelude = shRaw(`set -u
kha_report() { printf '@@kha %s %s %s\\n' "$1" "$2" "$3"; }
kha_see() { kha_look_$1 2>/dev/null </dev/null | head -n 1; }
kha_look() { s=$(kha_see $1); if [ "$s" = "$2" ]; then kha_report $1 same "$s"; else kha_report $1 differs "$s"; fi; }
kha_act() {
  s=$(kha_see $1)
  if [ "$s" = "$2" ]; then kha_report $1 same "$s"; return; fi
  kha_report $1 acting "$s"
  ( set -e; kha_act_$1 ) </dev/null
  r=$?
  if [ $r != 0 ]; then kha_report $1 failed "exit code $r"; exit 1; fi
  n=$(kha_see $1)
  if [ "$n" != "$2" ]; then kha_report $1 unmet "$n"; exit 1; fi
  kha_report $1 changed "$s"
}`);

function compile(effects: readonly Effect[], secrets: SecretValues, act: boolean): Command {
  const parts = [prelude];
  effects.forEach((effect, i) => {
    const kind = effectKind(effect);
    parts.push(shRaw(`kha_look_${i}() {`), kind.look(effect), shRaw('}'));
    if (act) parts.push(shRaw(`kha_act_${i}() {`), kind.act(effect), shRaw('}'));
  });
  effects.forEach((effect, i) => {
    const want = effectKind(effect).want(effect, secrets);
    parts.push(act ? sh`kha_act ${i} ${want}` : sh`kha_look ${i} ${want}`);
  });
  return shJoin(parts);
}

/** One script that looks at all effects and changes nothing. */
export const lookScript = (effects: readonly Effect[], secrets: SecretValues): Command =>
  compile(effects, secrets, false);

/**
 * One script that walks the effects in their order: looks, acts where it must, looks again. It ends with 1 at the first
 * effect that can't be had.
 */
export const actScript = (effects: readonly Effect[], secrets: SecretValues): Command =>
  compile(effects, secrets, true);

/** Reads the reports out of a script's standard output; the last one of each effect counts. */
export function readReports(stdout: string): EffectReport[] {
  const reports = new Map<number, EffectReport>();
  for (const line of stdout.split('\n')) {
    const m = /^@@kha (\d+) (same|differs|changed|failed|unmet) (.*)$/.exec(line);
    if (m)
      reports.set(Number(m[1]), { index: Number(m[1]), outcome: m[2] as EffectReport['outcome'], state: m[3] ?? '' });
  }
  return [...reports.values()].sort((a, b) => a.index - b.index);
}

/** The effect that a line of progress tells of, while a script runs. */
export function actingOn(line: string): number | undefined {
  const m = /^@@kha (\d+) acting /.exec(line);
  return m ? Number(m[1]) : undefined;
}

/** Names of all secrets that the effects need. */
export const secretsOf = (effects: readonly Effect[]): string[] => [
  ...new Set(effects.flatMap((effect) => effectKind(effect).secrets?.(effect) ?? [])),
];

/** The files that an act script finds under `$KHA_SECRETS`: key → value. */
export const secretFiles = (values: SecretValues): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [secretKey(name), value]));

/** Where a service would restart because a file of the same step differs, the look alone can't see it. */
export function withConsequences(effects: readonly Effect[], reports: readonly EffectReport[]): EffectReport[] {
  const differing = new Set(reports.filter((r) => r.outcome === 'differs').map((r) => r.index));
  const paths = new Set(effects.flatMap((e, i) => (differing.has(i) && e.kind === 'file' ? [e.path] : [])));
  return reports.map((r) => {
    const effect = effects[r.index];
    const restart = effect?.kind === 'service' && effect.restartOn.some((p) => paths.has(p));
    return restart && r.outcome === 'same'
      ? { ...r, outcome: 'differs', state: `${r.state}, restarts for its files` }
      : r;
  });
}
