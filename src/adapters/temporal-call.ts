import type { Client } from '@temporalio/client';
import type { TemporalPlace } from '../ports/operations.ts';
import { temporalError } from './temporal-errors.ts';

export const CALL_MS = 10_000;

/** Calls of Temporal with a limit, and its errors in kha's words. */
export const createCall =
  ({ connection }: Client, place: TemporalPlace) =>
  async <T>(action: () => Promise<T>, ms = CALL_MS): Promise<T> => {
    try {
      return await connection.withDeadline(Date.now() + ms, action);
    } catch (error) {
      throw temporalError(error, place);
    }
  };
