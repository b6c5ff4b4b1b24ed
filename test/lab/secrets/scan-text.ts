import { around, type Finding, redact } from './finding.ts';
import { patterns } from './patterns.ts';
import { searchFor } from './search.ts';
import { type Form, formsOf, type Secret } from './secret.ts';

/** Looks for the same secrets in many texts. */
export interface Scanner {
  /** Bytes by which pieces of one text must overlap. */
  overlap: number;
  /** Each secret and each pattern is told at most once a text. `isText`: also patterns that a database is full of by chance. */
  scan: (place: string, text: Uint8Array, options?: { isText?: boolean; at?: number }) => Finding[];
  /** Is there anything of these secrets in it? */
  has: (text: Uint8Array) => boolean;
}

/** Longest text that a pattern matches, about. */
const PATTERN_OVERLAP = 256;

export function createScanner(secrets: readonly Secret[]): Scanner {
  const forms = formsOf(secrets);
  const search = searchFor(forms.map((form) => form.bytes));

  function scanSecrets(place: string, text: Uint8Array, at: number): Finding[] {
    const found = new Map<number, Finding>();
    search.find(text, (needle, offset) => {
      const { secret, form, bytes } = forms[needle] as Form;
      if (found.has(secret)) return;
      const detail = `${form}, at byte ${at + offset}: ${around(text, offset, offset + bytes.length)}`;
      found.set(secret, { place, what: secrets[secret]?.name ?? '', detail });
    });
    return [...found.values()];
  }

  return {
    overlap: Math.max(search.longest, PATTERN_OVERLAP),
    scan: (place, text, { isText = true, at = 0 } = {}) => [
      ...scanSecrets(place, text, at),
      ...scanPatterns(place, text, isText, at),
    ],
    has(text) {
      let any = false;
      search.find(text, () => (any = true));
      return any;
    },
  };
}

function scanPatterns(place: string, bytes: Uint8Array, isText: boolean, at: number): Finding[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return patterns.flatMap(({ what, pattern, textOnly }) => {
    if (textOnly && !isText) return [];
    pattern.lastIndex = 0;
    const match = pattern.exec(text);
    if (!match) return [];
    const line = text.slice(Math.max(0, match.index - 60), match.index);
    return [{ place, what, detail: `at byte ${at + match.index}: ${redact(line)}•••` }];
  });
}
