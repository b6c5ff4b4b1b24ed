import type { ActivityOptions } from '@temporalio/workflow';
import type { PolicyName } from '../graph/task.ts';

/**
 * A dead worker is noticed after this long without a heartbeat. Activities heartbeat every two seconds; less would
 * take a busy worker for a dead one.
 */
const heartbeatTimeout = '10s';

/** Timeouts and retries by name. Retries go on past dead workers too, so there are more than a fault alone would need. */
export const policies: Record<PolicyName, ActivityOptions> = {
  quick: {
    startToCloseTimeout: '5m',
    heartbeatTimeout,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 5 },
  },
  install: {
    startToCloseTimeout: '60m',
    heartbeatTimeout,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s', maximumAttempts: 5 },
  },
  conversation: {
    startToCloseTimeout: '30m',
    heartbeatTimeout,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s', maximumAttempts: 5 },
  },
  gate: {
    startToCloseTimeout: '20m',
    heartbeatTimeout,
    retry: { initialInterval: '2s', backoffCoefficient: 1.5, maximumInterval: '15s', maximumAttempts: 6 },
  },
};
