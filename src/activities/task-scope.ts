import type { Cluster, Host } from '../cluster/cluster.ts';
import type { FactsByHost } from '../cluster/facts.ts';
import type { Renewal } from '../cluster/renewal.ts';
import type { Ports } from './ports.ts';
import type { Session } from './session.ts';

/** What the activity of a task works with. */
export interface TaskScope {
  ports: Ports;
  cluster: Cluster;
  facts: FactsByHost;
  /** Hosts that the operation is for. */
  targets: readonly Host[];
  /** The cluster as it is to be; another than `cluster` on hosts that leave. */
  next: Cluster;
  /** The cluster as it was, where the operation changes one. */
  before?: Cluster;
  /** Opens a session on any host of the cluster in the name of the same task. */
  session: (host: string) => Session;
  /** Run id of the operation. */
  run: string;
  /** What the operation was told about certificates. */
  renewal?: Renewal;
  abort: AbortSignal;
  /** Of the activity, from 1. */
  attempt: number;
}
