import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type Scalar, stringify } from 'yaml';
import type { Cluster } from '../cluster/cluster.ts';

/** What a file leaves to defaults and must say now. */
export interface Explicit {
  /** `ssh` of hosts, where it is not what the file has for all. */
  ssh: Record<string, Record<string, unknown>>;
  roles: readonly ('masters' | 'workers' | 'etcd')[];
}

interface Splice {
  from: number;
  to: number;
  text: string;
}

/** An item of a list, or a pair of a map, by its place in the text. */
interface Entry {
  name: string;
  start: number;
  end: number;
}

interface Collection {
  isFlow: boolean;
  /** Of the whole of it. */
  start: number;
  entries: Entry[];
}

/**
 * The text of a cluster file with the hosts of a cluster, and with its roles where the file has a list of them or must have one. Only the
 * places that change are written: comments and form of all else stay. What comes out may still mean something else (aliases, several
 * files): the caller reads it again and compares. Undefined where the text has not the shape.
 */
export function editHosts(text: string, { hosts, roles }: Cluster, explicit: Explicit): string | undefined {
  const document = parseDocument(text);
  const top = document.contents;
  if (!isMap(top) || document.errors.length > 0) return undefined;
  const map = document.get('hosts', true);
  if (!isMap(map)) return undefined;
  const splices: Splice[] = [];
  const written = (name: string): string => {
    const address = hosts.find((h) => h.name === name)?.address;
    const ssh = explicit.ssh[name];
    return flow({ [name]: ssh ? { address, ssh } : address })
      .slice(1, -1)
      .trim();
  };
  splices.push(
    ...follow(
      text,
      collection(map),
      hosts.map((h) => h.name),
      written,
    ),
  );

  const outer = collection(top);
  for (const role of ['masters', 'workers', 'etcd'] as const) {
    const node = document.get(role, true);
    const list = isMap(node) ? node.get('hosts', true) : node;
    if (isSeq(list)) splices.push(...follow(text, collection(list), roles[role], (name) => flow(name)));
    else if (explicit.roles.includes(role)) {
      if (isMap(node)) splices.push(insertion(text, collection(node), `hosts: ${flow(roles[role])}`));
      else if (isScalar(node) && node.range)
        splices.push({ from: node.range[0], to: node.range[1], text: flow(roles[role]) });
      else splices.push(insertion(text, outer, `${role}: ${flow(roles[role])}`, 'hosts'));
    }
  }
  // From the end, so that offsets stay; of two at one place the second first.
  return splices
    .toReversed()
    .toSorted((a, b) => b.from - a.from || b.to - a.to)
    .reduce((rest, { from, to, text: put }) => rest.slice(0, from) + put + rest.slice(to), text);
}

/** In one line, as people write it: [a, b] and { a: 1 }. */
const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0 })
    .trimEnd()
    .replaceAll(/\[ (.*?) \]/g, '[$1]');

function collection(node: Node): Collection {
  const items: unknown[] = isMap(node) || isSeq(node) ? node.items : [];
  const entries = items.flatMap((item): Entry[] => {
    const { key, value } = isScalar(item) ? { key: item, value: item } : (item as Pair<Scalar, Node | null>);
    const [start, keyEnd] = key.range ?? [];
    const end = value?.range?.[1] ?? keyEnd;
    return start === undefined || end === undefined ? [] : [{ name: String(key.value), start, end }];
  });
  return { isFlow: (isMap(node) || isSeq(node)) && node.flow === true, start: node.range?.[0] ?? 0, entries };
}

/** What makes a collection have these names; those that come stand at the end. */
function follow(
  text: string,
  there: Collection,
  names: readonly string[],
  written: (name: string) => string,
): Splice[] {
  const { entries } = there;
  const stays = (entry: Entry): boolean => names.includes(entry.name);
  const first = entries.findIndex(stays);
  const gone = entries.flatMap((entry, i): Splice[] => {
    if (stays(entry)) return [];
    if (!there.isFlow) return [{ from: lineStart(text, entry.start), to: blockEnd(text, entry) + 1, text: '' }];
    return i > first && first >= 0
      ? [{ from: entries[i - 1]?.end ?? entry.start, to: entry.end, text: '' }]
      : [{ from: entry.start, to: entries[i + 1]?.start ?? entry.end, text: '' }];
  });
  const news = names.filter((name) => !entries.some((e) => e.name === name)).map(written);
  if (news.length === 0) return gone;
  const last = entries.at(-1);
  const together = there.isFlow || !last ? news.join(', ') : news.join(`\n${prefix(text, last)}`);
  return [...gone, insertion(text, there, together)];
}

/** Puts an entry behind another one, or behind the last. */
function insertion(text: string, { isFlow, start, entries }: Collection, put: string, behind?: string): Splice {
  const entry = entries.find((e) => e.name === behind) ?? entries.at(-1);
  if (!entry) return { from: start + 1, to: start + 1, text: put };
  if (isFlow) return { from: entry.end, to: entry.end, text: `, ${put}` };
  const at = blockEnd(text, entry);
  return { from: at, to: at, text: `\n${prefix(text, entry)}${put}` };
}

/** What stands before an entry of a block: indentation, and the dash of a list. */
const prefix = (text: string, { start }: Entry): string => text.slice(lineStart(text, start), start);

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** Where the last line of an entry of a block ends, with the comments that belong into it. */
function blockEnd(text: string, { start, end }: Entry): number {
  const depth = start - lineStart(text, start);
  // The range of a block may contain its line break.
  let at = lineEnd(text, text[end - 1] === '\n' ? end - 1 : end);
  for (;;) {
    const next = lineEnd(text, at + 1);
    const [, indent] = /^( *)#/.exec(text.slice(at + 1, next)) ?? [];
    if (indent === undefined || indent.length <= depth) return at;
    at = next;
  }
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end;
}
