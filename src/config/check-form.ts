import type { Issue, Path } from '../cluster/issue.ts';
import { type ClusterFile, clusterFile } from './schema/cluster.ts';
import { type KeyedIssue, schemaIssues } from './schema-issues.ts';
import { isPlainMap } from './yaml-source.ts';

/** What was left out of a file with errors: a value with all below it, or (`whole` is false) a key of the map at the path. */
export interface Ignored {
  path: Path;
  whole: boolean;
}

/**
 * Checks the form of every value. Where some are wrong, `data` is what the file says without them, so that the cluster
 * as a whole is checked in the same go; `ignored` are the paths that were left out.
 */
export function checkForm(document: unknown): {
  data: ClusterFile | undefined;
  issues: KeyedIssue[];
  ignored: Ignored[];
} {
  const first = clusterFile.safeParse(document);
  if (first.success) return { data: first.data, issues: [], ignored: [] };
  const issues = schemaIssues(clusterFile, first.error, document);
  // A misspelt key leaves out nothing but what its own map lacks then.
  const ignored = issues.map(({ path, unknown }) => ({ path: unknown ? path.slice(0, -1) : path, whole: !unknown }));
  const rest = structuredClone(document);
  if (!isPlainMap(rest)) return { data: undefined, issues, ignored };
  for (const path of issues.map((issue) => issue.path).sort(deepestAndLastFirst)) removeAt(rest, path);
  rest.name ??= 'unnamed';
  rest.hosts ??= {};
  const second = clusterFile.safeParse(rest);
  return { data: second.success ? second.data : undefined, issues, ignored };
}

/** Settings that say which hosts there are and what they do. */
const HOSTS = new Set(['hosts', 'masters', 'workers', 'etcd']);
const BY_HOSTS = new Set(['kubernetes.nodePrefix', 'loadBalancer.hosts', 'loadBalancer.address']);

/** True where an issue of the whole may only be there because another value was left out. */
export function followsFrom(issue: Issue, ignored: Ignored[]): boolean {
  const [first = '', second = ''] = issue.path.map(String);
  const whole = ignored.filter((each) => each.whole).map((each) => each.path);
  if (whole.some((path) => HOSTS.has(String(path[0]))) && (HOSTS.has(first) || BY_HOSTS.has(`${first}.${second}`)))
    return true;
  if (ignored.some(({ path }) => path.join('\n') === issue.path.join('\n'))) return true;
  return whole.some((path) => {
    const shared = Math.min(path.length, issue.path.length);
    return path.slice(0, shared).every((step, i) => step === issue.path[i]);
  });
}

function deepestAndLastFirst(a: Path, b: Path): number {
  return b.length - a.length || Number(b.at(-1)) - Number(a.at(-1)) || 0;
}

function removeAt(document: unknown, path: Path): void {
  let value = document;
  for (const step of path.slice(0, -1)) {
    if (typeof value !== 'object' || value === null) return;
    value = (value as Record<string | number, unknown>)[step];
  }
  const last = path.at(-1);
  if (last === undefined) return;
  if (Array.isArray(value)) value.splice(Number(last), 1);
  else if (isPlainMap(value)) delete value[String(last)];
}
