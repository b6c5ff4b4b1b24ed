import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { Place } from '../cluster/error.ts';
import type { Issue, Path } from '../cluster/issue.ts';
import { type PlacedIssue, placeAt, type Source, type SourceFile } from './source.ts';

/** Reads cluster files; a later one wins over an earlier one, map by map, lists as a whole. */
export function readYaml(files: SourceFile[]): Source {
  const parsed = files.map(parseOne);
  const readable = parsed.filter((p) => p.value !== undefined);
  return {
    document: readable.length === 0 ? undefined : readable.map((p) => p.value).reduce(mergeDeep),
    locate: (path, part) => {
      for (const one of readable.toReversed()) {
        const place = one.locate(path, part);
        if (place) return place;
      }
      return undefined;
    },
    problems: parsed.flatMap((p) => p.problems),
    files,
    secrets: [],
  };
}

/** Lays cluster files over what was read elsewhere, by the rule by which one file is laid over another. */
export function mergeSources(under: Source, over: Source): Source {
  return {
    document: under.document === undefined ? over.document : mergeDeep(under.document, over.document ?? {}),
    locate: (path, part) => over.locate(path, part) ?? under.locate(path, part),
    problems: [...under.problems, ...over.problems],
    files: [...under.files, ...over.files],
    secrets: [...under.secrets, ...over.secrets],
  };
}

interface Parsed {
  value: unknown;
  locate(path: Path, part: 'key' | 'value'): Place | undefined;
  problems: (Issue | PlacedIssue)[];
}

function parseOne(file: SourceFile): Parsed {
  const lines = new LineCounter();
  const problems: PlacedIssue[] = [];
  const fail = (offset: number, message: string, hint?: string): void => {
    problems.push({ path: [], message, ...(hint && { hint }), severity: 'error', place: placeAt(file, offset) });
  };
  const documents = parseAllDocuments(file.text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const [document, second] = 'empty' in documents ? [] : documents;
  if (!document || document.contents === null) {
    fail(0, 'The file is empty.', 'Start from config/cluster.example.yaml.');
    return { value: undefined, locate: () => undefined, problems };
  }
  if (second)
    fail(
      second.range?.[0] ?? 0,
      'The file has a second YAML document.',
      'Remove the line `---`; one file is one cluster.',
    );
  for (const error of document.errors) {
    const [message, hint] = explainYaml(error.code, error.message, file.text.slice(error.pos[0]));
    fail(error.pos[0], message, hint);
  }
  for (const warning of document.warnings)
    if (warning.code === 'TAG_RESOLVE_FAILED') {
      const tag = /^\S*/.exec(file.text.slice(warning.pos[0]))?.[0];
      fail(
        warning.pos[0],
        `The tag ${tag} means nothing here.`,
        'Take it out; a text that begins with ! stands in quotes.',
      );
    }
  let complex = false;
  visit(document, {
    Pair(_, { key }) {
      if (!isCollection(key)) return;
      complex = true;
      fail(
        key.range?.[0] ?? 0,
        'A map or a list stands where the name of a setting must.',
        'Take out the `?` before it.',
      );
    },
  });
  let value: unknown;
  if (document.errors.length === 0 && !complex) {
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      fail(0, `The file can't be read: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }
  if (value !== undefined && !isMap(document.contents)) {
    fail(0, 'The file is not a map of settings.', 'Start from config/cluster.example.yaml.');
    value = undefined;
  }
  return { value, problems, locate: (path, part) => locate(file, document, path, part) };
}

/** What the yaml package says, in words for somebody who never read the specification. */
export function explainYaml(code: string, message: string, text: string): [string, string?] {
  switch (code) {
    case 'TAB_AS_INDENT':
      return ['A tab stands where spaces must.', 'Indent with spaces.'];
    case 'DUPLICATE_KEY':
      return [`The key \`${/^[^\s:]*/.exec(text)?.[0]}\` stands here a second time.`, 'Remove one of the two.'];
    case 'BAD_INDENT':
      return ['The indentation does not fit.', 'Align the line with the ones of the same level.'];
    case 'MISSING_CHAR':
      return [`${message.replace(/\.$/, '')}.`, 'Close the quote or bracket, or put the space after the colon.'];
    default:
      return [`The YAML can't be read: ${message.replace(/\.$/, '')}.`];
  }
}

function locate(file: SourceFile, document: Document, path: Path, part: 'key' | 'value'): Place | undefined {
  let node: Node | null | undefined = document.contents;
  let key: Node | null | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => keyText(item) === String(step));
      if (!pair) return undefined;
      key = isNode(pair.key) ? pair.key : null;
      node = isNode(pair.value) ? pair.value : null;
    } else if (isSeq(node)) {
      key = node = node.items[Number(step)] as Node | undefined;
      if (!node) return undefined;
    } else return undefined;
  }
  const at = part === 'value' ? (node ?? key) : (key ?? node);
  return at?.range ? placeAt(file, at.range[0]) : undefined;
}

function keyText(pair: Pair): string {
  const key = pair.key;
  return isNode(key) && 'value' in key ? String(key.value) : String(key);
}

/** Maps are merged, anything else is replaced. */
function mergeDeep(under: unknown, over: unknown): unknown {
  if (!isPlainMap(under) || !isPlainMap(over)) return over;
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over))
    merged[key] = Object.hasOwn(merged, key) ? mergeDeep(merged[key], value) : value;
  return merged;
}

export const isPlainMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
