import { usageError } from './errors.ts';

/** The port that a flag names. Throws KHA1001. */
export function portOf(flag: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw usageError(`${flag} ${text} is no port.`, 'Give 1 to 65535.');
  return port;
}
