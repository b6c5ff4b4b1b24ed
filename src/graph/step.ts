import type { Cluster, Host } from '../cluster/cluster.ts';
import type { FactsByHost } from '../cluster/facts.ts';
import type { Effect } from './effects/registry.ts';
import type { ActivityName, PolicyName } from './task.ts';

/** What a step may look at when it is planned. Same input, same plan. */
export interface PlanContext {
  cluster: Cluster;
  facts: FactsByHost;
  /** Hosts that the operation is for; those of the cluster where it is for all. */
  targets: readonly Host[];
  /** The cluster as it is to be; another than `cluster` for steps on hosts that leave. */
  next: Cluster;
  /** Run id of the operation, where one runs. */
  run?: string;
}

/**
 * One concern of an operation. Everything is derived from this record: plan, dry-run, execution, progress, docs,
 * `kha explain`.
 */
export interface Step {
  /** Its file's name, the prefix of its tasks' ids, its anchor in the docs. */
  id: string;
  title: string;
  /** Why it is there, a sentence for operators. */
  why: string;
  /** On the same host where the other step runs there, else on all hosts of the other step. */
  after?: readonly Step[];
  /** On every host of the other step. */
  afterAll?: readonly Step[];
  hosts: (cluster: Cluster) => Host[];
  /**
   * On hosts that leave the cluster, or a role in it: `hosts` and `effects` are asked of the cluster as it was. Where an operation maintains
   * members, on these.
   */
  leaving?: true;
  /** Once, for the cluster as a whole: on the first of `hosts` that answers, whatever the targets of the operation. */
  forCluster?: true;
  /** On all of `hosts`, where others depend on one of those that come or leave; else on none. */
  everywhere?: true;
  /** Where an operation maintains hosts, it is left out while they are no cluster yet. */
  needsCluster?: true;
  /** Who is to be asked before that step is to be asked before this one: for a person it is the same. */
  countsAs?: Step;
  /** It takes a node, or what others depend on, away for a while. */
  disruptive?: true;
  /** Whether it has something to do is told by a look, before anybody is asked for it: see activities/look-before-gate. */
  looksFirst?: true;
  /** It puts back what this step took away: where that has begun, it is done too when the operation is ended early. */
  restores?: Step;
  /** Batches of hosts, each of which waits for the one before it; who is in none waits for nobody. */
  batches?: (context: PlanContext) => Host[][];
  /** Hosts one after another, in this order, rather than side by side. */
  order?: 'one-by-one';
  /** A reason not to do it on this host at all, or false. */
  skipWhen?: (context: PlanContext, host: Host) => string | false;
  /** What the host shall have; applied by the generic activity unless `activity` names another. */
  effects?: (context: PlanContext, host: Host) => Effect[];
  /** A conversation that a list of effects can't express. */
  activity?: ActivityName;
  policy: PolicyName;
}

/** Identity with checks that types can't make; throws at import time. */
export function step(record: Step): Step {
  if (!/^[a-z][a-z0-9-]*$/.test(record.id)) throw new Error(`step id ${record.id} is not kebab-case`);
  if (!record.effects && !record.activity) throw new Error(`step ${record.id} has neither effects nor an activity`);
  return record;
}
