import type { Check } from '../cluster/preflight.ts';
import type { Role } from '../cluster/role.ts';
import type { Host } from '../cluster/cluster.ts';
import type { PlanContext, Step } from './step.ts';

/** A named sequence of steps that an operator starts. */
export interface Operation {
  id: string;
  title: string;
  why: string;
  /**
   * The role that hosts get which are named when it is started. It runs on these alone, its targets, save for the steps for the
   * cluster as a whole; what it leaves out of their needs was done when the cluster was made.
   */
  adds?: Role;
  /**
   * Hosts leave: some of its members, that others speak for; the whole cluster; hosts that left it before, whatever they were; or hosts
   * that are lost with more than the cluster can bear, while it is for all others. What it leaves out of needs is no need then.
   */
  removes?: 'members' | 'cluster' | 'strangers' | 'lost';
  /** The role that hosts lose which are named; they stay in the cluster. */
  takes?: Role;
  /**
   * It leads a cluster that stands to other settings, which it alone can change. Hosts may come and leave with them: on those that come it
   * runs steps that are not for the cluster or everywhere.
   */
  changes?: 'load-balancer';
  /** It is for members as they are, those that are named or all; nobody comes or leaves, no role and no setting changes. */
  maintains?: true;
  /** One change of the whole cluster: no host and no step of it can be left out. */
  isWhole?: true;
  /** What it has to know of hosts that others have no use for. */
  asks?: 'kernel';
  /** What its hosts must be like; absent: what Kubernetes asks of members. */
  demands?: readonly Check[];
  /** A schedule may start it: it changes nothing where the cluster is as it is to be, or what comes back from time to time. */
  scheduled?: true;
  steps: readonly Step[];
  /** Of its steps those that each host goes through in this order, and a batch of hosts as a whole before the next batch begins; see cluster/batches. */
  rolls?: readonly Step[];
  /** Why a host stays as it is: nothing of `rolls` is done there but what puts back. */
  spares?: (context: PlanContext, host: Host) => string | false;
}

/** Is it for all hosts of a cluster that is to stand, or for those that are named? */
export const isForAll = ({ adds, removes, takes, changes, maintains }: Operation): boolean =>
  adds === undefined && removes === undefined && takes === undefined && changes === undefined && !maintains;

/** Does it need a master that answers? */
export const needsMaster = ({ adds, removes, takes, changes }: Operation): boolean =>
  adds !== undefined || removes === 'members' || takes !== undefined || changes !== undefined;

export function operation(record: Operation): Operation {
  const seen = new Set<Step>();
  for (const s of record.steps) {
    for (const before of [...(s.after ?? []), ...(s.afterAll ?? [])]) {
      if (!seen.has(before) && record.steps.includes(before))
        throw new Error(`operation ${record.id}: ${s.id} comes after ${before.id}, which stands behind it`);
    }
    if ([...seen].some((other) => other.id === s.id))
      throw new Error(`operation ${record.id}: two steps named ${s.id}`);
    seen.add(s);
  }
  const stranger = record.rolls?.find((s) => !seen.has(s));
  if (stranger) throw new Error(`operation ${record.id}: rolls ${stranger.id}, which it does not have`);
  return record;
}
