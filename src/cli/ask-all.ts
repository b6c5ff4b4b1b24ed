import { KhaError } from '../cluster/error.ts';
import type { Operations, OperationSummary } from '../ports/operations.ts';
import type { Progress } from '../workflows/protocol.ts';

/** Operations that are asked at once. */
const AT_ONCE = 10;

export interface Asked {
  about: OperationSummary;
  /** Or why it can not be asked. */
  progress: Progress | KhaError;
}

/** The progress of those that run, of many operations. Where none of the first answers the rest is not waited for. */
export async function askAll(operations: Operations, all: readonly OperationSummary[]): Promise<Asked[]> {
  const running = all.filter((o) => o.state === 'running');
  const asked: Asked[] = [];
  for (let i = 0; i < running.length; i += AT_ONCE) {
    const answers = await Promise.all(running.slice(i, i + AT_ONCE).map((about) => ask(operations, about)));
    asked.push(...answers);
    const [{ progress } = {}] = answers;
    if (progress instanceof KhaError && answers.every((a) => a.progress instanceof KhaError))
      return [...asked, ...running.slice(i + AT_ONCE).map((about) => ({ about, progress }))];
  }
  return asked;
}

async function ask(operations: Operations, about: OperationSummary): Promise<Asked> {
  try {
    return { about, progress: await operations.progress(about.cluster, about.runId) };
  } catch (error) {
    if (error instanceof KhaError && error.blame === 'temporal') return { about, progress: error };
    throw error;
  }
}
