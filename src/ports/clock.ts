/** The only source of time for activities and the CLI; tests pass a fake. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  sleep(ms: number, abort?: AbortSignal): Promise<void>;
}
