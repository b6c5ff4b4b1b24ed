import { KhaError } from '../cluster/error.ts';
import { canonicalJson } from '../formats/digest.ts';
import type { Store } from '../ports/store.ts';

/** What happened to one kind of content. */
export interface Copied {
  kind: string;
  /** Were not there. */
  copied: number;
  /** Were there already, the same. */
  same: number;
}

type State = 'absent' | 'same' | 'different';

interface Kind {
  kind: string;
  list: () => Promise<string[]>;
  /** How the other store has what stands under a name in the first. */
  compare: (name: string) => Promise<State>;
  copy: (name: string) => Promise<void>;
}

const AT_ONCE = 8;

/**
 * Copies everything of one store to another and compares it afterwards. What is there already stays; where it differs,
 * nothing at all is copied. May be killed and called again at any time. Clusters come last: one that is known in the other
 * store has all of its documents and secrets there.
 *
 * @param options `dryRun`: only compares, and tells what would be copied
 * @throws KhaError KHA4011 (different content), KHA4012 (still different after the copy)
 */
export async function copyStore(
  from: Store,
  to: Store,
  options: { dryRun?: boolean; onKind?: (kind: string, names: number) => void } = {},
): Promise<Copied[]> {
  const planned: { kind: Kind; names: string[]; absent: string[] }[] = [];
  const different: string[] = [];
  for (const kind of kindsOf(from, to)) {
    const names = await kind.list();
    options.onKind?.(kind.kind, names.length);
    const states = await each(names, kind.compare);
    const of = (state: State): string[] => names.filter((_, i) => states[i] === state);
    planned.push({ kind, names, absent: of('absent') });
    different.push(...of('different').map((name) => `${kind.kind}: ${name}`));
  }
  if (different.length > 0) throw refused(from, to, different);
  if (!options.dryRun)
    for (const { kind, absent, names } of planned) {
      await each(absent, kind.copy);
      const states = await each(names, kind.compare);
      const wrong = names.filter((_, i) => states[i] !== 'same');
      if (wrong.length > 0) throw incomplete(to, kind.kind, wrong);
    }
  return planned.map(({ kind, names, absent }) => ({
    kind: kind.kind,
    copied: absent.length,
    same: names.length - absent.length,
  }));
}

function kindsOf(from: Store, to: Store): Kind[] {
  return [
    {
      kind: 'documents',
      list: () => from.listObjects(),
      // The other store compares content and digest; one that is damaged there is written anew.
      compare: (digest) =>
        to.getObject(digest).then(
          () => 'same',
          (error: unknown) => {
            if (error instanceof KhaError && (error.code === 'KHA4001' || error.code === 'KHA4002')) return 'absent';
            throw error;
          },
        ),
      copy: async (digest) => void (await to.putObject(await from.getObject(digest))),
    },
    {
      kind: 'logs',
      list: () => from.listLogs(),
      compare: async (run) => ((await missingEntries(from, to, run)).length === 0 ? 'same' : 'absent'),
      async copy(run) {
        for (const entry of await missingEntries(from, to, run)) await to.appendLog(run, entry);
      },
    },
    {
      kind: 'host keys',
      list: () => from.listKnownHosts(),
      compare: async (cluster) =>
        compared(await from.knownHosts(cluster).read(), (await to.knownHosts(cluster).read()) || undefined),
      async copy(cluster) {
        const text = await from.knownHosts(cluster).read();
        await to.knownHosts(cluster).change((there) => there || text);
      },
    },
    {
      kind: 'secrets',
      list: () => from.listSecrets(''),
      compare: async (name) => compared(await from.getSecret(name), await to.getSecret(name)),
      async copy(name) {
        const value = await from.getSecret(name);
        if (value !== undefined) await to.createSecret(name, value);
      },
    },
    {
      kind: 'clusters',
      list: async () => (await from.listClusters()).map((record) => record.name),
      compare: async (name) => compared(await recordOf(from, name), await recordOf(to, name)),
      async copy(name) {
        const record = await from.getCluster(name);
        if (record && !(await to.getCluster(name))) await to.putCluster(record);
      },
    },
  ];
}

/** What was deleted since it was listed needs no copy. */
const compared = (wanted: string | undefined, found: string | undefined): State =>
  wanted === found || wanted === undefined ? 'same' : found === undefined ? 'absent' : 'different';

async function recordOf(store: Store, name: string): Promise<string | undefined> {
  const record = await store.getCluster(name);
  return record && canonicalJson(record);
}

/** Entries have no names: as many of each as the first store has must be in the other. */
async function missingEntries(from: Store, to: Store, run: string) {
  const there = new Map<string, number>();
  for (const entry of await to.readLog(run)) {
    const text = canonicalJson(entry);
    there.set(text, (there.get(text) ?? 0) + 1);
  }
  return (await from.readLog(run)).filter((entry) => {
    const text = canonicalJson(entry);
    const left = there.get(text) ?? 0;
    there.set(text, left - 1);
    return left <= 0;
  });
}

/** A few at once; results in the order of the names. After a failure nothing more is started, and what was under way is waited for. */
async function each<T>(names: readonly string[], action: (name: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    for (let i = next++; i < names.length && !failed; i = next++)
      try {
        results[i] = await action(names[i] ?? '');
      } catch (error) {
        failed = true;
        throw error;
      }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return results;
}

const refused = (from: Store, to: Store, different: string[]): KhaError =>
  new KhaError(`${to.place} has other content than ${from.place} under ${countOf(different)}. Nothing was copied.`, {
    code: 'KHA4011',
    blame: 'configuration',
    hint: 'Decide which is right, and remove the other one: a secret by kha secret rm; or copy into an empty store.',
    lastLines: different.slice(0, 20),
  });

const incomplete = (to: Store, kind: string, wrong: string[]): KhaError =>
  new KhaError(`After the copy ${to.place} still differs: ${kind}, ${countOf(wrong)}.`, {
    code: 'KHA4012',
    blame: 'configuration',
    hint: 'Somebody writes to one of the stores: stop the workers, then run the command again.',
    lastLines: wrong.slice(0, 20),
  });

const countOf = (names: readonly string[]): string => (names.length === 1 ? '1 name' : `${names.length} names`);
