import { ApplicationFailure, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Logger } from 'pino';
import { systemClock } from './system-clock.ts';

const STARTED = proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;

/**
 * Ends the activities that dead workers of this machine hold, so that Temporal gives them out again now and not when their
 * heartbeats are missed. What they began on hosts is found by the next attempt, as after a missed heartbeat.
 *
 * @param isDead true only where it is certain
 * @returns how many there were
 */
export async function takeOver(
  client: Client,
  taskQueue: string,
  isDead: (identity: string) => Promise<boolean>,
): Promise<number> {
  let taken = 0;
  for await (const { workflowId, runId } of client.workflow.list({
    query: `ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`,
  })) {
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    const held = (raw.pendingActivities ?? []).filter(
      (a) => a.state === STARTED && a.activityId && a.lastWorkerIdentity,
    );
    const lost: string[] = [];
    for (const { activityId, lastWorkerIdentity } of held) {
      if (activityId && (await isDead(lastWorkerIdentity ?? ''))) lost.push(activityId);
    }
    if (lost.length === 0) continue;
    await client.workflowService.resetStickyTaskQueue({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
    });
    for (const activityId of lost) {
      await client.activity.fail({ workflowId, runId, activityId }, workerDied());
      taken++;
    }
  }
  return taken;
}

/** What people read where it was the last of the attempts. */
const workerDied = (): ApplicationFailure =>
  ApplicationFailure.create({
    message: 'the kha worker died meanwhile',
    type: 'KHA3202',
    nextRetryDelay: 1,
    details: [
      {
        message: 'the kha worker died meanwhile, again and again',
        code: 'KHA3202',
        blame: 'kha',
        hint: 'Find out what ends it (kha worker, kha server), then say retry: what runs on the host already is taken up again.',
        lastLines: [],
      },
    ],
  });

/** Pauses at the start of a worker. The later tries are for tasks that Temporal still gave to the dead one. */
const PAUSES_MS = [0, 1000, 3000];

/** Takes over when a worker starts. A failure costs the time until the heartbeats are missed, no more. */
export async function takeOverAtStart(take: () => Promise<number>, log: Logger, stop: AbortSignal): Promise<void> {
  for (const ms of PAUSES_MS) {
    await systemClock.sleep(ms, stop).catch(() => undefined);
    if (stop.aborted) return;
    try {
      const taken = await take();
      if (taken > 0) log.info(`Going on with ${taken} task${taken === 1 ? '' : 's'} of a worker that died.`);
    } catch (error) {
      log.debug({ err: error }, 'taking over failed');
    }
  }
}
