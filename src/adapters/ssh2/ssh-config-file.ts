import { readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { SSHConfig } from 'ssh-config';
import { isMissing } from '../files.ts';
import { expandHome } from './credentials.ts';
import type { Directives } from './ssh-config.ts';

/** OpenSSH's own limit of files that include each other (readconf.c, READCONF_MAX_DEPTH). */
const maxDepth = 16;

/** Files of an Include pattern; `*` and `?` in the last part of the path only, as people write it. */
function includedFiles(pattern: string, home: string): string[] {
  const expanded = expandHome(pattern, home);
  const path = isAbsolute(expanded) ? expanded : join(home, '.ssh', expanded);
  const at = path.lastIndexOf('/');
  const [folder, name] = [path.slice(0, at) || '/', path.slice(at + 1)];
  if (!/[*?]/.test(name)) return [path];
  const source = name
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const matches = new RegExp(`^${source}$`);
  try {
    return readdirSync(folder)
      .filter((entry) => matches.test(entry) && (!entry.startsWith('.') || name.startsWith('.')))
      .sort()
      .map((entry) => join(folder, entry));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** The text with the included files in place: the ssh-config package leaves Include alone. */
function splice(file: string, home: string, depth: number): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
  if (depth >= maxDepth) return text;
  return text
    .split('\n')
    .map((line) => {
      const include = /^\s*include[\s=]+(.+?)\s*$/i.exec(line)?.[1];
      if (include === undefined) return line;
      const patterns = include.match(/"[^"]+"|\S+/g) ?? [];
      return patterns
        .flatMap((pattern) => includedFiles(pattern.replaceAll('"', ''), home))
        .map((path) => splice(path, home, depth + 1))
        .join('\n');
    })
    .join('\n');
}

/** What a file says of an alias, without an OpenSSH client. `Match exec` is not evaluated: it runs commands. */
export function computeSshConfig(alias: string, file: string, home: string): Directives {
  const computed = SSHConfig.parse(splice(file, home, 0)).compute(alias, { ignoreCase: true, matchExec: false });
  return new Map(Object.entries(computed).map(([name, value]) => [name.toLowerCase(), [value].flat()]));
}
