import { KhaError } from '../../cluster/error.ts';

// ext4, xfs and APFS allow 255 bytes a name; this leaves room for an ending.
const MAX = 240;

/** A file name that stands for any name: one path segment, never hidden, reversible by `nameOf`. */
export function fileNameOf(kind: string, name: string): string {
  let encoded: string;
  try {
    encoded = encodeURIComponent(name).replace(/^\./, '%2E').replaceAll('*', '%2A');
  } catch (cause) {
    throw bad(kind, name, 'is not valid Unicode', cause);
  }
  if (encoded === '') throw bad(kind, name, 'is empty');
  if (encoded.length > MAX) throw bad(kind, `${name.slice(0, 40)}…`, `is too long (at most ${MAX} characters)`);
  return encoded;
}

export const nameOf = (fileName: string): string => decodeURIComponent(fileName);

const bad = (kind: string, name: string, why: string, cause?: unknown): KhaError =>
  new KhaError(`The ${kind} name ${JSON.stringify(name)} ${why}.`, {
    code: 'KHA4003',
    blame: 'configuration',
    hint: 'Choose a name of letters, digits, dots, dashes and slashes.',
    cause,
  });
