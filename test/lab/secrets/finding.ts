/** A secret in the clear. */
export interface Finding {
  /** File, process or workflow in which it stands. */
  place: string;
  /** Which secret, or which pattern. */
  what: string;
  /** How it is written and where, with what stands around it; nothing of the secret itself. */
  detail: string;
}

/** A line for people. */
export const sayFinding = ({ place, what, detail }: Finding): string => `${place}: ${what} (${detail})`;

const AROUND = 60;

/** What stands before and after a place in a text, with everything left out that may itself be secret. */
export function around(text: Uint8Array, from: number, to: number): string {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  const before = bytes.toString('latin1', Math.max(0, from - AROUND), from);
  const after = bytes.toString('latin1', to, to + AROUND);
  return `${redact(before)}•••${redact(after)}`;
}

/** Words as long as keys and tokens are left out, and what can't be printed. */
export const redact = (text: string): string =>
  text.replaceAll(/[A-Za-z0-9+/=_-]{16,}/g, '•').replaceAll(/[^\x20-\x7e•]+/g, ' ');
