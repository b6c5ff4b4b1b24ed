import type { Cluster } from '../cluster/cluster.ts';
import { usageError } from './errors.ts';

type Drain = Cluster['drain'];

const words: Record<string, (value: number) => Partial<Drain>> = {
  timeout: (timeoutSeconds) => ({ timeoutSeconds }),
  'grace-period': (gracePeriodSeconds) => ({ gracePeriodSeconds }),
};
const flags: Record<string, Partial<Drain>> = {
  force: { force: true },
  'delete-emptydir-data': { deleteEmptyDirData: true },
};

/** What `--drain` says, in kubectl drain's words: `force`, `delete-emptydir-data`, `timeout=SECONDS`, `grace-period=SECONDS`. Throws KHA1001. */
export function readDrain(given: readonly string[]): Partial<Drain> {
  const settings = given.map((word) => {
    const [name = '', value] = word.split('=', 2);
    const known =
      value === undefined ? flags[name] : /^\d{1,5}$/.test(value) ? words[name]?.(Number(value)) : undefined;
    if (known) return known;
    throw usageError(
      `--drain does not know ${word}.`,
      `It takes ${Object.keys(flags).join(', ')}, ${Object.keys(words)
        .map((w) => `${w}=SECONDS`)
        .join(', ')}.`,
    );
  });
  return Object.assign({}, ...settings) as Partial<Drain>;
}
