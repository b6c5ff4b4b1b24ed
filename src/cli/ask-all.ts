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

/** The progress of those that run, of many operations. Where no worker answers the first of them the rest is not waited for. */
export async function askAll(operations: Operations, all: readonly OperationSummary[]): Promise<Asked[]> {
  const running = all.filter((o) => o.state === 'running');
  const asked: Asked[] = [];
  let silence: KhaError | undefined;
  for (let i = 0; i < running.length; i += AT_ONCE) {
    const some = running.slice(i, i + AT_ONCE);
    const answers = await Promise.all(some.map((about) => silence ?? ask(operations, about)));
    asked.push(...some.map((about, n) => ({ about, progress: answers[n] as Progress | KhaError })));
    const silent = answers.filter((a) => a instanceof KhaError && a.code === 'KHA6010');
    if (silent.length === answers.length) silence ??= silent[0] as KhaError;
  }
  return asked;
}

async function ask(operations: Operations, { cluster, runId }: OperationSummary): Promise<Progress | KhaError> {
  try {
    return await operations.progress(cluster, runId);
  } catch (error) {
    if (error instanceof KhaError && error.blame === 'temporal') return error;
    throw error;
  }
}
