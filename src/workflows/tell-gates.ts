import { condition, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, GateNotice } from '../activities/contract.ts';
import { failureOf } from './failure.ts';
import type { Verdict } from './judge-gate.ts';
import { now } from './now.ts';
import { policies } from './policies.ts';
import type { OperationInput, TaskView } from './protocol.ts';
import type { Sayings } from './said.ts';

interface Around {
  input: OperationInput;
  sayings: Sayings;
  declaration: () => string;
  planDigest: () => string | undefined;
}

/** Who waits for gates elsewhere. */
export interface Telling {
  /** Tells the webhook, where there is one, beside all else. What it can't be told in a day is said. */
  tell: (event: GateNotice['event'], view: TaskView, verdict?: Verdict) => void;
  /** Gives what is on its way a moment before the operation ends. */
  settle: () => Promise<void>;
}

export function createTelling({ input, sayings, declaration, planDigest }: Around): Telling {
  const { workflowId, runId } = workflowInfo();
  let count = 0;
  let open = 0;

  const send = async (notice: GateNotice): Promise<void> => {
    open++;
    try {
      await proxyActivities<Activities>({
        ...policies.webhook,
        summary: `webhook: ${notice.event} ${notice.gate}`,
      }).tellWebhook({ declaration: declaration(), notice });
    } catch (error) {
      sayings.refused(
        `the webhook was not told of ${notice.gate} (${notice.event}): ${failureOf(error).message}`,
        'kha',
      );
    } finally {
      open--;
    }
  };

  return {
    tell: (event, { id, gate, detail, startedAt }, verdict) => {
      if (!gate?.tells) return;
      const { hosts, what, why, until, outcome } = gate;
      const plan = planDigest();
      void send({
        event,
        id: `${runId}-${++count}`,
        at: now(),
        cluster: input.cluster,
        operation: input.operation,
        workflowId,
        runId,
        ...(plan === undefined ? {} : { plan }),
        gate: id,
        hosts,
        what,
        why,
        ...(detail === undefined ? {} : { detail }),
        ...(startedAt === undefined ? {} : { since: startedAt }),
        ...(until === undefined ? {} : { until }),
        ...(outcome === undefined ? {} : { outcome }),
        ...(verdict?.by === undefined ? {} : { by: verdict.by }),
        ...(verdict?.reason === undefined ? {} : { reason: verdict.reason }),
      });
    },
    settle: async () => {
      if (open > 0) await condition(() => open === 0, '10s');
    },
  };
}
