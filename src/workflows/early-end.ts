import { ApplicationFailure } from '@temporalio/workflow';
import type { Course } from './hearing.ts';
import type { Failure } from './protocol.ts';
import type { LeftAway } from './put-back.ts';

/** An operation that was ended: why, what had failed before, and what could not be put back. */
export function endOf(
  { reason, isRejection }: NonNullable<Course['abort']>,
  fatal: Failure | undefined,
  left: readonly LeftAway[],
): ApplicationFailure {
  const type = isRejection ? 'KHA7004' : 'KHA7001';
  const ended = `${isRejection ? 'rejected' : 'aborted'}: ${reason}`;
  const names = left.map(({ task }) => task).join(', ');
  const message = left.length === 0 ? ended : `${ended}; not put back: ${names}`;
  const cause = fatal ?? left[0]?.failure;
  // Whoever reads how it ended also wants the last lines of what failed.
  const details = cause ? [{ ...cause, message, code: type, ...hintOf(left) } satisfies Failure] : [];
  return ApplicationFailure.create({ message, type, nonRetryable: true, details });
}

const hintOf = (left: readonly LeftAway[]): { hint?: string } =>
  left.length === 0
    ? {}
    : { hint: left.map(({ task, failure }) => `${task}: ${failure?.message ?? 'it was not done'}`).join('\n') };

/** The plan is not the one that a person looked at. */
export function notApproved(plan: string, approved: string): ApplicationFailure {
  const message = `the plan is now ${plan.slice(0, 12)}, approved was ${approved.slice(0, 12)}: hosts or declaration changed since`;
  const failure: Failure = {
    message,
    code: 'KHA7002',
    blame: 'configuration',
    hint: 'Look at the new one (kha plan --dry-run), end this operation (kha abort), and start it with the new digest.',
    lastLines: [],
  };
  return ApplicationFailure.create({ message, type: 'KHA7002', nonRetryable: true, details: [failure] });
}
