import { KhaError } from '../../cluster/error.ts';
import type { Decision } from '../../ports/operations.ts';
import type { GateRequest } from '../../workflows/protocol.ts';
import type { Handler } from '../command.ts';
import type { DecideInput } from '../commands/approve.ts';
import { progressIfAnswered, runningOperation, selectionsOf } from '../decision.ts';
import { usageError } from '../errors.ts';
import { splitList } from '../options.ts';

const PAST: Record<Decision, string> = { approve: 'approved', reject: 'rejected' };

const decide =
  (say: Decision): Handler<DecideInput> =>
  async (context, { args, options }) => {
    // As Temporal calls it, too.
    const cluster = args.cluster.replace(/^kha\//, '');
    const { reason } = options;
    if (reason === undefined)
      throw usageError(
        `Why is it ${PAST[say]}?`,
        `Give a reason for the history: kha ${say} ${cluster} ${args.gate ?? '…'} --reason "…"`,
      );
    const selections = selectionsOf({ task: args.gate, hosts: splitList(options.host), all: options.all });
    const operations = await context.operations();
    await runningOperation(operations, cluster);
    const plan = options.plan ?? (await progressIfAnswered(operations, cluster))?.planDigest;
    const request: GateRequest = {
      ...(selections.length > 0 ? { gate: selections.join(' ') } : {}),
      reason,
      by: context.by(),
      ...(plan === undefined ? {} : { plan }),
    };
    const tick = context.paintTalk('green', '✔');
    try {
      const { gates } = await operations.decide(cluster, say, request);
      context.say(
        `${tick} ${gates.join(', ')} ${gates.length === 1 ? 'is' : 'are'} ${PAST[say]}. Watch it: kha status ${cluster} -w`,
      );
    } catch (error) {
      if (!(error instanceof KhaError) || error.code !== 'KHA6010') throw error;
      await operations.leaveWord(cluster, say, request);
      context.say(
        `${tick} Said. No kha worker answers now; it is taken as soon as one does: kha worker. What came of it: kha status ${cluster}`,
      );
    }
  };

export const approve = decide('approve');
export const reject = decide('reject');
