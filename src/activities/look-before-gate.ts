import { lookScript, readReports } from '../graph/effects/compile.ts';
import { effectKind } from '../graph/effects/registry.ts';
import type { Gate } from '../graph/gate.ts';
import { secretValuesOf } from './apply-effects.ts';
import type { TaskResult } from './contract.ts';
import type { Documents } from './documents.ts';
import type { TaskScope } from './task-scope.ts';

/** Whether a step has something to do on a host, and what, for who decides on it. Changes nothing. */
type LookFirst = (scope: TaskScope, host: string) => Promise<{ isDue: boolean; detail: string }>;

/** Of steps with `looksFirst`, by their id. */
const LOOKS: Record<string, LookFirst> = {};

type Look = NonNullable<Gate['looks']>[number];

/** Looks at what stands behind a gate; `changed` is false where there is nothing to ask for. */
export async function lookBeforeGate(
  scope: TaskScope,
  documents: Documents,
  looks: readonly Look[],
): Promise<TaskResult> {
  const found: { host: string; isDue: boolean; detail: string }[] = [];
  for (const look of looks) found.push({ host: look.host, ...(await lookAt(scope, documents, look)) });
  const due = found.filter((f) => f.isDue);
  const told = [...new Set((due.length > 0 ? due : found).map((f) => `${f.host}: ${f.detail}`))];
  const more = told.length > 5 ? `; and ${told.length - 5} more` : '';
  return { changed: due.length > 0, detail: `${told.slice(0, 5).join('; ')}${more}` };
}

async function lookAt(scope: TaskScope, documents: Documents, { step, host, effects: digest }: Look) {
  const own = LOOKS[step];
  if (own) return own(scope, host);
  // A step that can't tell may have something to do.
  if (digest === undefined) return { isDue: true, detail: step };
  const effects = await documents.effects(digest);
  const script = lookScript(effects, await secretValuesOf(scope.ports.store, effects));
  const options = { timeoutMs: 120_000, maxBytes: 4 << 20 };
  const reports = readReports(await scope.session(host).read('look before a gate', script, options));
  const differing = reports.filter((r) => r.outcome !== 'same').map((r) => effects[r.index]);
  const [first] = differing;
  if (!first && reports.length === effects.length) return { isDue: false, detail: `${step} has nothing to do` };
  const more = differing.length > 1 ? ` and ${differing.length - 1} more` : '';
  return {
    isDue: true,
    detail: `${step}: ${first ? effectKind(first).title(first) : 'not everything could be seen'}${more}`,
  };
}
