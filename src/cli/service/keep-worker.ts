import type { Logger } from 'pino';
import { KhaError } from '../../cluster/error.ts';
import type { RunningWorker } from '../../worker.ts';
import type { Context } from '../context.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** A worker that ran for so long without trouble starts over with short pauses. */
const CALM_MS = 60_000;

/** Runs a worker until the signal fires, again and again where it fails: Temporal may be away for a while. */
export async function keepWorker(
  context: Context,
  log: Logger,
  stop: AbortSignal,
  start: () => Promise<RunningWorker>,
): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (!stop.aborted) {
    const since = context.now();
    try {
      const worker = await start();
      log.info('The worker is ready for operations.');
      const shutdown = (): void => worker.shutdown();
      if (stop.aborted) shutdown();
      stop.addEventListener('abort', shutdown);
      await worker.done.finally(() => stop.removeEventListener('abort', shutdown));
    } catch (error) {
      if (stop.aborted) return;
      if (context.now() - since > CALM_MS) pause = FIRST_PAUSE_MS;
      log.warn(`The worker ended: ${reasonOf(error)} It starts again in ${pause / 1000} s.`);
      log.debug({ err: error }, 'worker failed');
      await context.sleep(pause, stop);
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof KhaError) return [error.message, error.hint].filter(Boolean).join(' ');
  return `${error instanceof Error ? error.message : String(error)}.`;
}
