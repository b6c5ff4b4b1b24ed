import type { Effect } from './effects/registry.ts';
import type { Task } from './task.ts';

/** What an operation will do, as data. What was approved is what runs: `digest` covers all of it. */
export interface Plan {
  operation: string;
  cluster: string;
  /** Digest of the cluster's declaration. */
  declaration: string;
  /** Digest of the facts that it was made from; not covered by `digest`. */
  facts: string;
  /** Sorted so that every task stands behind those it needs. */
  tasks: Task[];
  digest: string;
}

/** A plan with the effect lists that its tasks name by digest. */
export interface PlanWithEffects {
  plan: Plan;
  effects: Record<string, Effect[]>;
}
