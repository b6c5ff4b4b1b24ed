import type { Finding } from '../cluster/error.ts';
import { formatPath } from '../cluster/issue.ts';
import type { KeyedIssue } from './schema-issues.ts';
import type { PlacedIssue, Source, SourceFile } from './source.ts';

/** Gives an issue its place in the user's files. */
export function toFinding(source: Source, issue: KeyedIssue | PlacedIssue): Finding {
  const part = 'part' in issue && issue.part === 'key' ? 'key' : 'value';
  const place = 'place' in issue ? issue.place : source.locate(issue.path, part);
  return {
    message: issue.message,
    severity: issue.severity,
    ...(place && { place }),
    ...(issue.path.length > 0 && { path: formatPath(issue.path) }),
    ...(issue.hint !== undefined && { hint: issue.hint }),
  };
}

/** Errors before warnings nowhere: in the order of the files, line by line, without doubles. */
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
      if (place && text !== undefined && text.trim() !== '') {
        const gutter = `  ${place.line} | `;
        lines.push(style('source', `${gutter}${maskSecrets(text)}`));
        const before = maskSecrets(text).slice(0, place.column - 1);
        lines.push(style('caret', `${' '.repeat(gutter.length)}${before.replace(/[^\t]/g, ' ')}^`));
      }
      if (finding.hint) lines.push(style('hint', `  → ${finding.hint}`));
      return lines.join('\n');
    })
    .join('\n\n');
}

/** Values of keys that are called pass, password, token or secret, of the same length so that carets fit. */
export function maskSecrets(line: string): string {
  return line.replace(
    /((?:pass(?:word|wd|phrase)?|token|secret)\w*["']?\s*[:=]\s*)(?!\s*\{)("[^"]*"|'[^']*'|[^\s#,}]+)/gi,
    (_all, key: string, value: string) => key + '*'.repeat(value.length),
  );
}
