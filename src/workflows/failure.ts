import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/workflow';
import type { Failure } from './protocol.ts';

/** What a failed activity or child says, for people. The activity puts its `Failure` in the details (activities/failure.ts). */
export function failureOf(error: unknown): Failure {
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [known] = cause.details ?? [];
    if (isFailure(known)) return known;
    return {
      message: cause.message,
      code: cause.type ?? 'KHA9000',
      blame: 'kha',
      lastLines: (cause.stack ?? '').split('\n').slice(0, 6),
    };
  }
  if (cause instanceof TimeoutFailure) {
    return {
      message: `no result in time (${cause.timeoutType})`,
      code: 'KHA3202',
      blame: 'host',
      hint: 'Is a kha worker running and can it reach the host? Then say retry: what runs on the host already is taken up again.',
      lastLines: [],
    };
  }
  return {
    message: cause instanceof Error ? cause.message : String(cause),
    code: 'KHA9000',
    blame: 'kha',
    lastLines: [],
  };
}

/** No try of an activity ended, because its worker said nothing any more. */
export const isDeadWorker = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof TimeoutFailure && error.cause.timeoutType === 'HEARTBEAT';

const isFailure = (value: unknown): value is Failure =>
  typeof value === 'object' && value !== null && 'message' in value && 'code' in value && 'lastLines' in value;
