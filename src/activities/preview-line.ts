import type { Cluster } from '../cluster/cluster.ts';
import type { Renewal } from '../cluster/renewal.ts';
import type { Ports } from './ports.ts';
import type { FactsByHost } from '../cluster/facts.ts';
import type { Reader } from './session.ts';

/** What one effect of a task would do, or what its activity would meet. */
export interface PreviewLine {
  title: string;
  /** `blocks`: the task would park for it. `told`: it stays as it is, and a person should look at it. */
  outcome: 'same' | 'differs' | 'blocks' | 'told';
  /** What is there now, in a word; not for `same`. */
  state: string;
  /** The way out; for `blocks`. */
  hint?: string;
  /** Contents for a diff, where the kind has any and it differs. */
  before?: string;
  after?: string;
}

/** What the preview of an activity works with. */
export interface PreviewScope {
  /** That the task is about: where the host leaves, as it was. */
  cluster: Cluster;
  next: Cluster;
  ports: Ports;
  /** What the operation is told about certificates. */
  renewal?: Renewal;
  facts: FactsByHost;
  /** Names of the hosts that the operation is for; absent: all. */
  targets?: readonly string[];
  reader: (host: string) => Reader;
}
