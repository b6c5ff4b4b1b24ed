import { KhaError } from '../../cluster/error.ts';
import type { OperationSummary, Outcome } from '../../ports/operations.ts';
import type { Progress } from '../../workflows/protocol.ts';
import { isStuck, waitsFor, waitText } from '../../workflows/waits-for.ts';
import type { Handler } from '../command.ts';
import type { StatusInput } from '../commands/status.ts';
import type { Context } from '../context.ts';
import { operationFailed, sayEnding, waitsForPerson } from '../endings.ts';
import { notFound } from '../errors.ts';
import { follow } from '../follow.ts';
import { webLink } from '../links.ts';
import { document, printDocument } from '../output/document.ts';
import { age, iso } from '../output/time.ts';
import { oneCluster } from '../recorded.ts';
import { frame } from '../ui/frame.ts';
import { waitsDocument } from '../waits-document.ts';

export const run: Handler<StatusInput> = async (context, { args, options }) => {
  const cluster = await oneCluster(context, args.cluster);
  const operations = await context.operations();
  const about = await operations.describe(cluster);
  if (!about)
    throw notFound(
      `Nothing ran on ${cluster} yet.`,
      `Start an operation: kha start-workflow init-cluster --cluster ${cluster}`,
    );
  const json = options.output === 'json';
  if (options.watch && about.state === 'running') {
    const mode = json ? 'json' : context.stdout.isTTY ? 'tree' : 'lines';
    const link = webLink(operations.place, about.workflowId, about.runId);
    if (link && mode === 'tree') context.say(context.paintTalk('dim', link));
    const followed = await follow(context, operations, {
      cluster,
      runId: about.runId,
      mode,
      stopWhenStuck: mode !== 'tree',
    });
    sayEnding(context, about.operation, cluster, followed);
    return;
  }
  const outcome = about.state === 'running' ? undefined : await operations.outcome(cluster, about.runId);
  const progress = await operations.progress(cluster, about.runId).catch((error: unknown) => {
    if (error instanceof KhaError && error.code === 'KHA6010') return error;
    throw error;
  });
  const seen = progress instanceof KhaError ? undefined : progress;
  const waiting = (await operations.list({ cluster, limit: 50 })).filter((o) => o.state === 'waiting');
  if (options.output === 'json' || options.output === 'yaml') {
    await printDocument(context, options.output, statusDocument(about, seen, outcome, waiting));
  } else {
    printText(context, about, seen, outcome);
    for (const line of waitingLines(context, waiting)) context.print(line);
    const link = webLink(operations.place, about.workflowId, about.runId);
    if (link) context.say(`\n${context.paintTalk('dim', link)}`);
  }
  if (outcome && outcome.state !== 'completed') throw operationFailed(about.operation, cluster, outcome);
  if (progress instanceof KhaError && !outcome) throw progress;
  if (seen && isStuck(seen)) throw waitsForPerson(about.operation, cluster, seen, { shown: true });
};

/** Runs of schedules whose turn comes afterwards. */
function waitingLines(context: Context, waiting: readonly OperationSummary[]): string[] {
  return waiting.map(
    ({ operation, by, startedAt }, i) =>
      `${i === 0 ? '\n' : ''}${context.paint('yellow', '◷')} then ${operation}, by its ${by ?? 'schedule'}: it waits for ${age(context.now() - startedAt)}`,
  );
}

function statusDocument(
  about: OperationSummary,
  progress: Progress | undefined,
  outcome: Outcome | undefined,
  waiting: readonly OperationSummary[],
) {
  return document('OperationStatus', {
    ...about,
    startedAt: iso(about.startedAt),
    ...(about.endedAt === undefined ? {} : { endedAt: iso(about.endedAt) }),
    ...(outcome?.state === 'completed' ? { result: outcome.result } : {}),
    ...(outcome && outcome.state !== 'completed' ? { failure: outcome.failure } : {}),
    ...(progress
      ? {
          phase: progress.phase,
          planDigest: progress.planDigest,
          ...waitsDocument(progress),
          tasks: progress.tasks.map((t) => ({
            ...t,
            ...(t.startedAt === undefined ? {} : { startedAt: iso(t.startedAt) }),
            ...(t.endedAt === undefined ? {} : { endedAt: iso(t.endedAt) }),
          })),
        }
      : {}),
    ...(waiting.length > 0 ? { waiting: waiting.map((o) => ({ ...o, startedAt: iso(o.startedAt) })) } : {}),
  });
}

function printText(
  context: Context,
  about: OperationSummary,
  progress: Progress | undefined,
  outcome: Outcome | undefined,
): void {
  const { paint, stdout } = context;
  const now = context.now();
  if (progress) {
    const width = stdout.columns ?? 100;
    for (const line of frame(progress, { width, now, paint })) context.print(line);
    // Where a person is waited for the last line says so; so it does of an hour.
    const waits = isStuck(progress) ? undefined : waitText(waitsFor(progress));
    if (waits !== undefined) context.print(`\n${paint('cyan', '~')} ${waits}`);
  } else {
    context.print(
      `${about.operation} · ${about.cluster} · ${about.state} since ${iso(about.endedAt ?? about.startedAt)}`,
    );
  }
  if (outcome?.state === 'completed') {
    const { changed, unchanged, skipped } = outcome.result;
    const ago = age(now - (about.endedAt ?? now));
    context.print(
      `\n${paint('green', '✔')} done ${ago} ago: ${changed} changed, ${unchanged} unchanged, ${skipped} skipped`,
    );
  }
}
