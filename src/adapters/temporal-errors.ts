import { KhaError } from '../cluster/error.ts';
import type { TemporalPlace } from '../ports/operations.ts';
import type { Failure } from '../workflows/protocol.ts';

/** Numbers of gRPC. */
const grpc = {
  cancelled: 1,
  deadline: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** What a query ends with that no worker answers: nobody polls, or too many wait already. */
const unanswered: readonly number[] = [grpc.deadline, grpc.resourceExhausted, grpc.failedPrecondition, grpc.aborted];

interface Grpc {
  code: number;
  details: string;
}

/** The gRPC status inside an error of Temporal's client, which wraps it in several kinds. */
function grpcOf(error: unknown): Grpc | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code, details } = at as Error & { code?: unknown; details?: unknown };
    if (typeof code === 'number') return { code, details: typeof details === 'string' ? details : at.message };
  }
  return undefined;
}

/** A call that took too long: what it asked for may still happen. */
export const isDeadline = (error: unknown): boolean => grpcOf(error)?.code === grpc.deadline;

export const nobodyAnswers = (cause: unknown): KhaError =>
  new KhaError('No kha worker answers.', {
    code: 'KHA6010',
    blame: 'temporal',
    hint: 'Start one with `kha worker`, or Temporal and a worker with `kha server`. The operation waits for it.',
    cause,
  });

/** What the client says, in kha's words. `query`: the call was answered by a worker, or should have been. */
export function temporalError(error: unknown, place: TemporalPlace, options: { query?: boolean } = {}): unknown {
  if (error instanceof KhaError) return error;
  const status = grpcOf(error);
  if (!status) return error;
  if (status.code === grpc.unauthenticated || status.code === grpc.permissionDenied) {
    return new KhaError(`Temporal at ${place.address} refuses: ${status.details}.`, {
      code: 'KHA6011',
      blame: 'temporal',
      hint: `Check TEMPORAL_API_KEY, the TEMPORAL_TLS_… variables and the namespace ${place.namespace}.`,
      cause: error,
    });
  }
  if (options.query && unanswered.includes(status.code)) {
    return nobodyAnswers(error);
  }
  if (status.code === grpc.unavailable || status.code === grpc.deadline || status.code === grpc.cancelled) {
    return new KhaError(`Temporal can't be reached at ${place.address}.`, {
      code: 'KHA6001',
      blame: 'temporal',
      hint: 'Start it with `kha server`, or set TEMPORAL_ADDRESS. Operations go on as soon as it is back.',
      cause: error,
    });
  }
  return new KhaError(`Temporal at ${place.address} answers with an error: ${status.details} (gRPC ${status.code}).`, {
    code: 'KHA6012',
    blame: 'temporal',
    hint: 'Look at the log of Temporal. Operations go on as soon as it works again.',
    cause: error,
  });
}

/** The failure with which an operation ended, in a form that can be printed. */
export function failureOfOperation(cause: unknown): Failure {
  for (let at: unknown = cause; at instanceof Error; at = at.cause) {
    const { details, type } = at as Error & { details?: unknown[]; type?: unknown };
    const [known] = details ?? [];
    if (isFailure(known)) return known;
    if (typeof type === 'string' && /^KHA\d{4}$/.test(type))
      return {
        message: at.message,
        code: type,
        blame: type.startsWith('KHA7') ? 'configuration' : 'kha',
        lastLines: [],
      };
  }
  return {
    message: cause instanceof Error ? cause.message : 'it ended without a reason',
    code: 'KHA7003',
    blame: 'kha',
    lastLines: [],
  };
}

const isFailure = (value: unknown): value is Failure =>
  typeof value === 'object' && value !== null && 'message' in value && 'code' in value && 'lastLines' in value;
