import { KhaError } from '../../cluster/error.ts';

// ext4, xfs and APFS allow 255 bytes a name; this leaves room for an ending.
const MAX = 240;

/** What stands for any name: ASCII, one path segment, never hidden, reversible by `nameOf`. */
export function encodedName(kind: string, name: string): string {
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

export const nameOf = (encoded: string): string => decodeURIComponent(encoded);

const bad = (kind: string, name: string, why: string, cause?: unknown): KhaError =>
  new KhaError(`The ${kind} name ${JSON.stringify(name)} ${why}.`, {
    code: 'KHA4003',
    blame: 'configuration',
    hint: 'Choose a name of letters, digits, dots, dashes and slashes.',
    cause,
  });
