import { KhaError } from '../cluster/error.ts';

/** The command line is wrong. */
export const usageError = (message: string, hint?: string): KhaError =>
  new KhaError(message, { code: 'KHA1001', blame: 'configuration', ...(hint === undefined ? {} : { hint }) });

/** Something that was named does not exist. */
export const notFound = (message: string, hint: string): KhaError =>
  new KhaError(message, { code: 'KHA1002', blame: 'configuration', hint });

/** A question had to be asked, but nobody is there to answer. */
export const needsAnswer = (question: string, flag: string): KhaError =>
  new KhaError(`There is a question, and no terminal to answer it: ${question}`, {
    code: 'KHA1003',
    blame: 'configuration',
    hint: `Say yes in advance with ${flag}.`,
  });

/** A question was answered with no. */
export const declined = (what: string, hint?: string): KhaError =>
  new KhaError(what, { code: 'KHA1009', blame: 'configuration', ...(hint === undefined ? {} : { hint }) });

export const interrupted = (): KhaError => new KhaError('Interrupted.', { code: 'KHA1010', blame: 'configuration' });
