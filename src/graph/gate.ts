import type { ExpiryOutcome } from '../cluster/approvals.ts';

/** A task that waits, for a person or for a time, before others may start. Plain JSON. */
export type Gate = ApprovalGate | WindowGate;

interface GateBase {
  /** Ids of the tasks that wait for it; of very many the first. */
  guards: string[];
  /** Names of the hosts that these take place on. */
  hosts: string[];
  /** What it lets happen: titles of those of their steps that take something away, else of all. */
  what: string[];
  /** Why, a sentence for who decides. */
  why: string;
  /** What a rejection does: these hosts are left out of the rest, or the operation ends. */
  onReject: 'leave-out' | 'end';
  /** Tasks that tell by a look whether there is something to do, before anybody is asked. */
  looks?: { step: string; host: string; effects?: string }[];
}

export interface ApprovalGate extends GateBase {
  kind: 'approval';
  expiresSeconds?: number;
  outcome: ExpiryOutcome;
  remindSeconds?: number;
  /** The cluster has a webhook. */
  tells?: true;
}

/** A maintenance window. */
export interface WindowGate extends GateBase {
  kind: 'window';
  /** As in the cluster file: `Sat 01:00-05:00 Europe/Berlin`. */
  windows: string[];
  /** What one host takes, until one was measured. */
  hostMinutes: number;
}

/** Ids of gates begin with these words, no step does. */
export const APPROVAL_PREFIX = 'approve-';
export const WINDOW_STEP = 'window';
