import { KhaError } from '../../cluster/error.ts';
import type { OperationSummary } from '../../ports/operations.ts';
import type { GateView, TaskView } from '../../workflows/protocol.ts';
import { type Asked, askAll } from '../ask-all.ts';
import type { Handler } from '../command.ts';
import type { ApprovalsInput } from '../commands/approve.ts';
import type { Context } from '../context.ts';
import { printRows } from '../output/print-rows.ts';
import { age, iso } from '../output/time.ts';
import { hostList } from '../ui/gate-lines.ts';

const MOST = 1000;

interface Row {
  about: OperationSummary;
  planDigest: string | undefined;
  view: TaskView & { gate: GateView };
}

export const run: Handler<ApprovalsInput> = async (context, { args, options }) => {
  const operations = await context.operations();
  const running = await operations.list({
    ...(args.cluster === undefined ? {} : { cluster: args.cluster }),
    running: true,
    limit: MOST,
  });
  const rows = (await askAll(operations, running)).flatMap((asked) => gatesOf(context, asked));
  const now = context.now();
  await printRows(
    context,
    {
      kind: 'Gate',
      rows,
      columns: [
        { header: 'CLUSTER', value: ({ about }) => about.cluster },
        { header: 'OPERATION', value: ({ about }) => about.operation },
        { header: 'GATE', value: ({ view }) => view.id },
        {
          header: 'WAITS FOR',
          value: ({ view }) =>
            view.state === 'holding' ? 'window' : view.state === 'parked' ? 'approval, expired' : 'approval',
        },
        { header: 'HOSTS', value: ({ view }) => hostList(view.gate.hosts) },
        { header: 'SINCE', value: ({ view }) => (view.startedAt === undefined ? '' : age(now - view.startedAt)) },
        { header: 'UNTIL', value: ({ view }) => (view.gate.until === undefined ? '' : iso(view.gate.until)) },
        { header: 'WANTS', value: ({ view }) => view.gate.what.join(', ') },
        { header: 'WHY', wide: true, value: ({ view }) => [view.gate.why, view.detail].filter(Boolean).join(' ') },
      ],
      name: ({ about, view }) => `${about.cluster} ${view.id}`,
      item: ({ about, planDigest, view }) => ({
        cluster: about.cluster,
        operation: about.operation,
        workflowId: about.workflowId,
        plan: planDigest,
        gate: view.id,
        state: view.state,
        ...view.gate,
        ...(view.detail === undefined ? {} : { detail: view.detail }),
        ...(view.startedAt === undefined ? {} : { since: iso(view.startedAt) }),
        ...(view.gate.until === undefined ? {} : { until: iso(view.gate.until) }),
      }),
      empty: 'Nothing waits for an approval.',
    },
    options,
  );
};

/** The gates of an operation that wait; of one that does not answer that is said. */
function gatesOf(context: Context, { about, progress }: Asked): Row[] {
  if (progress instanceof KhaError) {
    context.say(`${about.operation} on ${about.cluster} can not be asked: ${progress.message}`);
    return [];
  }
  const { tasks, planDigest } = progress;
  return tasks.flatMap((view) =>
    view.gate && ['asking', 'holding', 'parked'].includes(view.state)
      ? [{ about, planDigest, view: { ...view, gate: view.gate } }]
      : [],
  );
}
