import { type Document, isMap, isSeq, parseDocument, stringify } from 'yaml';
import { KhaError } from '../../cluster/error.ts';
import type { KubeconfigEntry } from './entry.ts';

/** A file of the KUBECONFIG list; `text` is undefined where it does not exist. */
export interface KubeconfigFile {
  path: string;
  text: string | undefined;
}

/** A kubeconfig of its own with one entry. */
export const standalone = (entry: KubeconfigEntry): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [entry.cluster],
    users: [entry.user],
    contexts: [entry.context],
    'current-context': entry.context.name,
  });

/**
 * Puts an entry into a list of files as kubectl does: an entry of that name is changed in the file that defines it, a new one
 * goes to the first file that exists, else to the last of the list. The current context is set where kubectl would read
 * it from. Other content, comments included, stays. Returns the files whose text changes.
 */
export function mergeKubeconfig(
  files: readonly KubeconfigFile[],
  entry: KubeconfigEntry,
): { path: string; text: string }[] {
  const open = files.map((file) => ({ ...file, document: parseFile(file) }));
  const fallback = open.find((f) => f.text !== undefined) ?? open.at(-1);
  if (!fallback) throw new Error('no kubeconfig file is named');
  for (const [list, item] of [
    ['clusters', entry.cluster],
    ['users', entry.user],
    ['contexts', entry.context],
  ] as const) {
    const at = open.find((f) => indexOf(f.document, list, item.name) !== undefined) ?? fallback;
    put(at.document, list, item);
  }
  const current = open.find((f) => Boolean(f.document.get('current-context'))) ?? fallback;
  current.document.set('current-context', entry.context.name);
  return open
    .map((f) => ({ path: f.path, before: f.text, text: f.document.toString({ lineWidth: 0 }) }))
    .filter((f) => (f.before === undefined ? f.path === fallback.path : f.before !== f.text))
    .map(({ path, text }) => ({ path, text }));
}

function parseFile({ path, text }: KubeconfigFile): Document {
  if (text === undefined || text.trim() === '')
    return parseDocument(stringify({ apiVersion: 'v1', kind: 'Config' })) as Document;
  const document = parseDocument(text) as Document;
  if (document.errors.length === 0 && isMap(document.contents)) return document;
  throw new KhaError(`${path} is no kubeconfig: ${document.errors[0]?.message.split('\n')[0] ?? 'it is not a map'}`, {
    code: 'KHA1021',
    blame: 'configuration',
    hint: 'Repair or move that file, or write a file of its own: kha kubeconfig NAME > demo.conf',
  });
}

function indexOf(document: Document, list: string, name: string): number | undefined {
  const items = document.get(list);
  if (!isSeq(items)) return undefined;
  const index = items.items.findIndex((item) => isMap(item) && item.get('name') === name);
  return index === -1 ? undefined : index;
}

function put(document: Document, list: string, item: { name: string }): void {
  const index = indexOf(document, list, item.name);
  const items = document.get(list);
  // `clusters: []` would go on as one long line.
  if (isSeq(items) && items.items.length === 0) items.flow = false;
  if (index !== undefined) document.setIn([list, index], document.createNode(item));
  else if (isSeq(items)) document.addIn([list], document.createNode(item));
  else document.set(list, document.createNode([item]));
}
