import type { Cluster } from '../cluster/cluster.ts';
import type { Operation } from '../graph/operation.ts';
import { introduction } from '../operations/introduction.ts';
import type { StartedOperation } from '../ports/operations.ts';
import type { OperationInput } from '../workflows/protocol.ts';
import type { Context } from './context.ts';
import { sayEnding } from './endings.ts';
import { follow } from './follow.ts';
import { webLink } from './links.ts';
import { document, printDocument } from './output/document.ts';

/** An operation that is about to start. */
interface Order {
  operation: Operation;
  /** What is declared, and its digest in the store. */
  cluster: Cluster;
  declaration: string;
  options: OperationInput['options'];
}

interface Format {
  output: 'text' | 'json' | 'yaml' | undefined;
  detach: boolean;
}

/** Starts it, with words for the Web UI. Throws KHA1006 where another one runs. */
export async function startOperation(context: Context, order: Order): Promise<StartedOperation> {
  const { operation, cluster, declaration, options } = order;
  const operations = await context.operations();
  return operations.start(
    { operation: operation.id, cluster: cluster.name, declaration, options },
    { ...introduction(operation, cluster, options, context.by()), by: context.by() },
  );
}

/** Says what was started. */
export async function announce(
  context: Context,
  operation: string,
  cluster: string,
  started: StartedOperation,
  { output, detach }: Format,
): Promise<void> {
  const { paintTalk: paint } = context;
  const { place } = await context.operations();
  const link = webLink(place, started.workflowId, started.runId);
  context.say(`${paint('green', '✔')} ${operation} on ${paint('bold', cluster)} runs as ${started.workflowId}`);
  if (link) context.say(paint('dim', `  ${link}`));
  if (output === 'json' || output === 'yaml') {
    const content = { operation, cluster, ...started, ...(link === undefined ? {} : { webUi: link }) };
    // One line: what follows on standard output is a document a line, too.
    if (output === 'json' && !detach) context.print(JSON.stringify(document('StartedOperation', content)));
    else await printDocument(context, output, document('StartedOperation', content));
  } else if (detach) {
    context.print(started.workflowId);
    context.say(`  Watch it: kha status ${cluster} -w`);
  } else context.say('');
}

/** Shows it until it is over, or waits for a person. Throws where it did not end well. */
export async function watch(
  context: Context,
  operation: string,
  cluster: string,
  runId: string,
  { output }: Pick<Format, 'output'>,
): Promise<void> {
  const mode = output === 'json' ? 'json' : context.stdout.isTTY ? 'tree' : 'lines';
  const operations = await context.operations();
  const followed = await follow(context, operations, { cluster, runId, mode, stopWhenStuck: mode !== 'tree' });
  sayEnding(context, operation, cluster, followed);
}
