import { KhaError } from '../src/cluster/error.ts';

/**
 * What went wrong in the lab, and the way out.
 * @param message a full sentence
 * @param hint what to do about it, an imperative sentence
 * @param lastLines the end of a log
 */
export function labError(message: string, hint: string, lastLines: string[] = []): KhaError {
  return new KhaError(message, { code: 'KHALAB', blame: 'host', hint, lastLines });
}
