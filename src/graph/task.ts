import type { Gate } from './gate.ts';

/** Activities that run a task. `applyEffects` serves every step that is a list of effects. */
export type ActivityName =
  | 'applyEffects'
  | 'lookBeforeGate'
  | 'createAuthorities'
  | 'issueCertificates'
  | 'certifyAddress'
  | 'approveServingRequests'
  | 'renewCertificates'
  | 'restartReaders'
  | 'restartKubelet'
  | 'makeNewAuthorities'
  | 'trustNewAuthorities'
  | 'signWithNewAuthorities'
  | 'retireOldAuthorities'
  | 'tellAuthorities'
  | 'endRotation'
  | 'checkEndpoint'
  | 'checkEtcd'
  | 'initFirstMaster'
  | 'joinEtcd'
  | 'leaveEtcd'
  | 'confirmEtcdLost'
  | 'recoverEtcd'
  | 'rejoinEtcd'
  | 'joinMaster'
  | 'joinWorker'
  | 'checkHealth'
  | 'keepSchedules'
  | 'drainNode'
  | 'uncordonNode'
  | 'deleteNode'
  | 'checkRedundancy'
  | 'rebootHost'
  | 'bootKernel'
  | 'checkReturn'
  | 'settle';

/** Named timeouts and retries; the figures are in workflows/policies.ts. */
export type PolicyName = 'quick' | 'install' | 'conversation' | 'gate' | 'reboot';

/** One step on one host. Plain JSON. */
export interface Task {
  /** `<step>/<host>`. */
  id: string;
  step: string;
  host: string;
  title: string;
  /** Ids of tasks that must be done (or skipped) before. */
  needs: string[];
  activity: ActivityName;
  policy: PolicyName;
  /** Digest of the effect list in the store, when it has one. */
  effects?: string;
  /** Why there is nothing to do; such a task is never started. */
  skip?: string;
  /** Id of the task that this one undoes: where that has begun, this is done even if the operation is ended early. */
  restores?: string;
  /** It waits for a person or a time, and does nothing. */
  gate?: Gate;
  /** There is no plan without it: nobody can leave it out. */
  vital?: true;
}
