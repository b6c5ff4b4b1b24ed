import { kernelVersion } from '../config/fields.ts';
import type { Settings } from '../cluster/settings.ts';
import type { Operation } from '../graph/operation.ts';
import { readDrain } from './drain-words.ts';
import { usageError } from './errors.ts';
import { splitList } from './options.ts';

interface Given {
  drain: readonly string[];
  maxUnavailable?: string | undefined;
  kernel?: string | undefined;
}

/** What flags say over sections of the declaration; undefined where they say nothing. Throws KHA1001, also for flags that the operation has no use for. */
export function readSettings(operation: Operation, { drain, maxUnavailable, kernel }: Given): Settings | undefined {
  const words = splitList(drain);
  if (words.length > 0 && !operation.steps.some((s) => s.activity === 'drainNode'))
    throw usageError(`${operation.id} drains no node.`, 'Leave --drain out, or choose another operation.');
  if (maxUnavailable !== undefined && !operation.rolls)
    throw usageError(
      `${operation.id} takes no hosts away in turns.`,
      'Leave --max-unavailable out, or choose another operation.',
    );
  if (kernel !== undefined && operation.asks !== 'kernel')
    throw usageError(
      `${operation.id} brings no kernel.`,
      'Leave --kernel out; the operation that does is kernel-upgrade.',
    );
  if (kernel !== undefined && !kernelVersion.safeParse(kernel).success)
    throw usageError(
      `--kernel does not know ${kernel}.`,
      'It takes newest, or a version as uname -r has it: 6.1.0-56.',
    );
  const settings: Settings = {
    ...(words.length > 0 ? { drain: readDrain(words) } : {}),
    ...(maxUnavailable === undefined ? {} : { maintenance: { maxUnavailable: readMost(maxUnavailable) } }),
    ...(kernel === undefined ? {} : { kernel: { version: kernel, files: [] } }),
  };
  return Object.keys(settings).length > 0 ? settings : undefined;
}

function readMost(given: string): number | string {
  if (/^(100|[1-9]\d?)%$/.test(given)) return given;
  if (/^[1-9]\d{0,3}$/.test(given)) return Number(given);
  throw usageError(`--max-unavailable does not know ${given}.`, 'It takes a number of workers, or a share as 25%.');
}
