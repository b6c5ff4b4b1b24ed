import type { Finding, Place } from '../cluster/error.ts';
import { formatPath, type Path } from '../cluster/issue.ts';
import type { KeyedIssue } from './schema-issues.ts';
import type { PlacedIssue, Source, SourceFile } from './source.ts';

/** Gives an issue its place in the user's files. */
export function toFinding(source: Source, issue: KeyedIssue | PlacedIssue): Finding {
  const part = 'part' in issue && issue.part === 'key' ? 'key' : 'value';
  const place = 'place' in issue ? issue.place : nearestPlace(source, issue.path, part);
  return {
    message: issue.message,
    severity: issue.severity,
    ...(place && { place }),
    ...(issue.path.length > 0 && { path: formatPath(issue.path) }),
    ...(issue.hint !== undefined && { hint: issue.hint }),
  };
}

/** Where the user wrote it, else where he wrote what it follows from, else the file. */
function nearestPlace(source: Source, path: Path, part: 'key' | 'value'): Place | undefined {
  for (let length = path.length; length > 0; length--) {
    for (const candidate of [path.slice(0, length), ...otherSpellings(path.slice(0, length))]) {
      const place = source.locate(candidate, part);
      if (place) return place;
    }
  }
  const file = source.files.at(-1);
  return file && { file: file.name, line: 1, column: 1 };
}

/** The short forms of the cluster file, and the settings that others are derived from. */
function otherSpellings(path: Path): Path[] {
  const [first, second, ...rest] = path;
  if (first === 'etcd' && second === 'hosts')
    return [
      ['etcd', ...rest],
      ['masters', ...rest],
    ];
  if (first === 'workers' && rest.length === 0 && second !== undefined) return [['masters', second]];
  const setting = path.join('.');
  return Object.hasOwn(DERIVED_FROM, setting) ? (DERIVED_FROM[setting] ?? []) : [];
}

const DERIVED_FROM: Record<string, Path[]> = {
  'kubernetes.packageVersion': [['kubernetes', 'version']],
  'kubernetes.nodePrefix': [['kubernetes', 'podSubnet'], ['hosts']],
  'kubernetes.podSubnet': [['hosts']],
  'kubernetes.serviceSubnet': [['kubernetes', 'podSubnet'], ['hosts']],
  'kubernetes.maxPods': [['kubernetes', 'nodePrefix']],
  'loadBalancer.healthPort': [['loadBalancer', 'port']],
  'pki.leafDays': [['pki', 'caDays']],
  'pki.etcdLeafDays': [
    ['pki', 'etcdCaDays'],
    ['pki', 'leafDays'],
    ['pki', 'caDays'],
  ],
};

/** In the order of the files, line by line, without doubles. */
export function sortFindings(findings: Finding[], files: SourceFile[]): Finding[] {
  const order = new Map(files.map((f, i) => [f.name, i]));
  const rank = (f: Finding): [number, number, number] => [
    f.place ? (order.get(f.place.file) ?? files.length) : -1,
    f.place?.line ?? 0,
    f.place?.column ?? 0,
  ];
  const seen = new Set<string>();
  return findings
    .filter((f) => {
      const key = JSON.stringify([f.place, f.message]);
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => {
      const [x, y] = [rank(a), rank(b)];
      return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
    });
}

export interface RenderOptions {
  /** Marks a part of the text, for colours. Default: as it is. */
  style?: (role: 'place' | 'error' | 'warning' | 'source' | 'caret' | 'hint', text: string) => string;
}

/**
 * Prints findings as a compiler does: `file:line:col: error: message`, the line with a caret below, and the way out.
 * Passwords in a shown line are masked.
 */
export function renderFindings(findings: Finding[], files: SourceFile[], options: RenderOptions = {}): string {
  const style = options.style ?? ((_role, text) => text);
  return findings
    .map((finding) => {
      const { place } = finding;
      const at = place ? `${style('place', `${place.file}:${place.line}:${place.column}:`)} ` : '';
      const lines = [`${at}${style(finding.severity, `${finding.severity}:`)} ${finding.message}`];
      const text = place && files.find((f) => f.name === place.file)?.text.split(/\r?\n/)[place.line - 1];
      if (place && text !== undefined && text.trim() !== '' && isAbout(finding, text)) {
        const gutter = `  ${place.line} | `;
        const shown = windowOf(maskSecrets(text), place.column - 1);
        lines.push(style('source', `${gutter}${shown.text}`));
        const before = shown.text.slice(0, shown.at).replace(/[^\t]/g, ' ');
        lines.push(style('caret', `${' '.repeat(gutter.length)}${before}^`));
      }
      if (finding.hint) lines.push(style('hint', `  → ${finding.hint}`));
      return lines.join('\n');
    })
    .join('\n\n');
}

const WIDTH = 110;

/** The part of a long line around an offset, and where the offset is in it. */
function windowOf(line: string, at: number): { text: string; at: number } {
  if (line.length <= WIDTH) return { text: line, at };
  const start = Math.max(0, Math.min(at - Math.floor(WIDTH / 2), line.length - WIDTH));
  const left = start > 0 ? '…' : '';
  const right = start + WIDTH < line.length ? '…' : '';
  return { text: left + line.slice(start, start + WIDTH) + right, at: at - start + left.length };
}

/** False where a finding about something that is not in the file has only the file's first line as its place. */
function isAbout(finding: Finding, text: string): boolean {
  if (finding.place?.line !== 1 || finding.place.column !== 1 || finding.path === undefined) return true;
  return text.startsWith(/^[\w-]+/.exec(finding.path)?.[0] ?? '');
}

/** Values of keys that are called pass, password, token or secret, of the same length so that carets fit. */
export function maskSecrets(line: string): string {
  const urls = line.replace(
    /(:\/\/)([^/\s@]+)(@)/g,
    (_all, a: string, b: string, c: string) => a + '*'.repeat(b.length) + c,
  );
  return urls.replace(
    /((?:pass(?:word|wd|phrase)?|token|secret)\w*["']?\s*[:=]\s*)(?!\s*\{)("[^"]*"|'[^']*'|[^\s#,}]+)/gi,
    (_all, key: string, value: string) => key + '*'.repeat(value.length),
  );
}
