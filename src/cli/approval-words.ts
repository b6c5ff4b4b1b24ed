import { type ApprovalRule, ASKED_PER, type AskedPer, type ExpiryOutcome, PLACES } from '../cluster/approvals.ts';
import { didYouMean } from '../cluster/did-you-mean.ts';
import { parseWindow } from '../cluster/maintenance-window.ts';
import { DURATION_FORM, parseDuration } from '../formats/duration.ts';
import type { Operation } from '../graph/operation.ts';
import { usageError } from './errors.ts';
import { splitList } from './options.ts';

interface Choice {
  approveBefore: string[];
  approvalExpires: string | undefined;
  approvalOutcome: ExpiryOutcome | undefined;
}

/** The rules of `--approve-before` for an operation. Throws KHA1001 for places that it does not have. */
export function readApprovals(operation: Operation, choice: Choice): ApprovalRule[] {
  const words = splitList(choice.approveBefore);
  const { approvalExpires: expires, approvalOutcome: outcome = 'park' } = choice;
  if (words.length === 0 && (expires ?? choice.approvalOutcome) !== undefined)
    throw usageError('Nothing is to be approved.', 'Say before what: --approve-before start');
  if (expires !== undefined && !parseDuration(expires))
    throw usageError(
      `--approval-expires must be ${DURATION_FORM}; it is ${expires}.`,
      'For example --approval-expires 24h',
    );
  return words.map((word) => {
    const [before = '', per = 'host', ...more] = word.split(':');
    demandPlace(operation, before);
    if (!isAskedPer(per) || more.length > 0)
      throw usageError(
        `--approve-before does not know ${word}.`,
        `After the colon stands one of: ${ASKED_PER.join(', ')}.`,
      );
    return { before, per, outcome, ...(expires === undefined ? {} : { expires }) };
  });
}

const isAskedPer = (word: string): word is AskedPer => ASKED_PER.some((per) => per === word);

function demandPlace({ id, steps, rolls }: Operation, place: string): void {
  const isDisruptive = rolls !== undefined || steps.some((s) => s.disruptive);
  const places = PLACES.filter((p) => p === 'start' || isDisruptive);
  const known = [...places, ...steps.flatMap(({ id: step, countsAs }) => (countsAs ? [step, countsAs.id] : [step]))];
  if (known.includes(place)) return;
  const near = didYouMean(place, known);
  throw usageError(
    PLACES.some((p) => p === place)
      ? `${id} takes no node away, so there is no ${place}.`
      : `${id} has no step ${place}.`,
    near === undefined ? `It can be asked before: ${known.join(', ')}.` : `Did you mean ${near}?`,
  );
}

/** What `--window` says; undefined where it says nothing, empty for any time. Throws KHA1001. */
export function readWindows(given: readonly string[]): string[] | undefined {
  if (given.length === 0) return undefined;
  if (given.length === 1 && given[0] === 'any') return [];
  for (const text of given) {
    const window = parseWindow(text);
    if (typeof window === 'string')
      throw usageError(`--window ${window}; it is ${text}.`, 'For example --window "Sat 01:00-05:00 Europe/Berlin"');
  }
  return [...given];
}
