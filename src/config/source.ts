import type { Place } from '../cluster/error.ts';
import type { Issue, Path } from '../cluster/issue.ts';

/** A file that was read, for messages. */
export interface SourceFile {
  name: string;
  text: string;
}

/** A problem whose place is known already, because it was found while reading. */
export type PlacedIssue = Issue & { place: Place };

/**
 * What a reader makes of one or more files: a document in the cluster file's shape that is not checked yet, and the way
 * back from a path to the place where the user wrote it.
 */
export interface Source {
  /** Undefined where the files could not be read at all; then `problems` has an error. */
  document: unknown;
  /** Where the user wrote the value at exactly this path, or its key. */
  locate(path: Path, part: 'key' | 'value'): Place | undefined;
  problems: (Issue | PlacedIssue)[];
  files: SourceFile[];
  /** Passwords that stood in the files, by the name under which the store shall keep them. */
  secrets: { name: string; value: string }[];
}

/** Line and column, counted from 1, of an offset into a text. */
export function placeAt(file: SourceFile, offset: number): Place {
  const before = file.text.slice(0, Math.max(0, Math.min(offset, file.text.length)));
  const start = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let i = before.indexOf('\n'); i !== -1; i = before.indexOf('\n', i + 1)) line++;
  return { file: file.name, line, column: before.length - start + 1 };
}
