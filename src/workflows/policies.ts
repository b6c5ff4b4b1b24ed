import type { ActivityOptions } from '@temporalio/workflow';
import type { PolicyName } from '../graph/task.ts';

/**
 * A dead worker is noticed after this long without a heartbeat. Activities heartbeat every two seconds; less would
 * take a busy worker for a dead one.
 */
const heartbeatTimeout = '10s';

/**
 * Timeouts and retries by name. Tries go on for about a minute: a mirror, a switch or a host that restarts is back by then, and nobody needs to
 * be called. What no try can mend is told at once, see KhaError's `final`. A dead worker costs a try, too.
 */
export const policies: Record<PolicyName | 'glance' | 'patient' | 'webhook', ActivityOptions> = {
  // For what may well fail, and what nobody shall wait for.
  glance: {
    startToCloseTimeout: '1m',
    heartbeatTimeout,
    retry: { initialInterval: '1s', maximumAttempts: 2 },
  },
  // For what nobody watches: whatever is away comes back. Whoever asks sets the limit.
  patient: {
    startToCloseTimeout: '1m',
    heartbeatTimeout,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
  },
  // Whoever gets it may be away for hours; the operation does not wait for that.
  webhook: {
    startToCloseTimeout: '1m',
    scheduleToCloseTimeout: '24h',
    heartbeatTimeout,
    retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '10m' },
  },
  quick: {
    startToCloseTimeout: '5m',
    heartbeatTimeout,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s', maximumAttempts: 8 },
  },
  install: {
    startToCloseTimeout: '60m',
    heartbeatTimeout,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s', maximumAttempts: 8 },
  },
  conversation: {
    startToCloseTimeout: '30m',
    heartbeatTimeout,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s', maximumAttempts: 8 },
  },
  // A host may be away for `timeouts.rebootMinutes`, and was away before the try began.
  reboot: {
    startToCloseTimeout: '4h',
    heartbeatTimeout,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s', maximumAttempts: 8 },
  },
  gate: {
    startToCloseTimeout: '20m',
    heartbeatTimeout,
    retry: { initialInterval: '2s', backoffCoefficient: 1.5, maximumInterval: '15s', maximumAttempts: 6 },
  },
};
