/** What becomes of a gate on which nobody decided in time. */
export type ExpiryOutcome = 'park' | 'reject' | 'continue';
export const EXPIRY_OUTCOMES = ['park', 'reject', 'continue'] as const satisfies readonly ExpiryOutcome[];

/** Places of a plan that are no step: its beginning, and what is disruptive on each host, master or batch of hosts. */
export const PLACES = ['start', 'each-host', 'each-master', 'each-batch'] as const;

/** How often is asked for one step: for each host, for each batch of hosts, or for all of them together. */
export type AskedPer = 'host' | 'batch' | 'once';
export const ASKED_PER = ['host', 'batch', 'once'] as const satisfies readonly AskedPer[];

/** A person is asked before something is done. */
export interface ApprovalRule {
  /** The id of a step of any operation, or one of `PLACES`. */
  before: string;
  /** Of a step; places have their own. */
  per: AskedPer;
  /** How long a decision is waited for, such as 24h; absent: without an end. */
  expires?: string;
  outcome: ExpiryOutcome;
  /** How often who has not decided is reminded. */
  remind?: string;
}

/** Of rules on the same place the last one counts. */
export const withRules = (rules: readonly ApprovalRule[], more: readonly ApprovalRule[] = []): ApprovalRule[] => [
  ...new Map([...rules, ...more].map((rule) => [rule.before, rule])).values(),
];
