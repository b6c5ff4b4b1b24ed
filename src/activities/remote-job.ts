import { randomBytes } from 'node:crypto';
import type { Connection } from '../cluster/connection.ts';
import { KhaError } from '../cluster/error.ts';
import type { Command } from '../formats/sh.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ssh } from '../ports/ssh.ts';
import { frameSplitter, type JobFrame } from './remote-job/frames.ts';
import { startAndFollow } from './remote-job/host-script.ts';
import { type KeptOutput, keepOutput } from './remote-job/kept-output.ts';
import { checkJobId, checkSecretName, jobCode } from './remote-job/names.ts';

export interface Job {
  /** Name on the host: letters, digits, dots, dashes, underscores. */
  id: string;
  /** What the job is part of, for example a run of the operation. A finished job of another round counts for nothing; one that still runs is waited for. */
  round?: string;
  /** Grows with every try. A caller with a lower one than the job's is refused. */
  attempt: number;
  /** Must be idempotent: it is run again when the host was rebooted in the middle. */
  script: Command;
  /** Files under `$KHA_SECRETS`, in memory and gone when the job ends. */
  secrets?: Record<string, string>;
  /** For people: `kha logs`, the description of the unit. */
  title: string;
}

/** Heartbeat details; a later worker hands them back as `from`. Offsets are of the last complete lines. */
export interface JobProgress {
  run: string;
  stdout: number;
  stderr: number;
}

export interface FollowOptions {
  heartbeat: (details: JobProgress | undefined) => void;
  /** Stops following; the job goes on. */
  abort: AbortSignal;
  /** Complete lines of both streams, each once even over lost connections. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** For the whole wait, lost connections included. */
  timeoutMs: number;
  /** What an earlier worker had passed on already. */
  from?: JobProgress;
  /** Kept of each stream, the last part. Default 1 MiB. */
  maxBytes?: number;
  clock: Pick<Clock, 'now' | 'sleep'>;
}

export interface JobResult {
  /** 128 + n when a signal ended it. */
  exitCode: number;
  /** The last part. */
  stdout: string;
  stderr: string;
  /** By the host's clock, ms since the epoch. */
  startedAt: number;
  endedAt: number;
  /** It was started by an earlier call. */
  attached: boolean;
  /** Why it was run again: its first run was lost. */
  restarted?: 'host rebooted' | 'job vanished';
}

/** A script that kills its own host or shell each time would go on for ever. */
const maxLosses = 3;

/** Failures after which the same host may well answer a moment later. */
const passing = new Set([
  'KHA3001',
  'KHA3002',
  'KHA3003',
  'KHA3004',
  'KHA3008',
  'KHA3011',
  'KHA3013',
  'KHA3014',
  'KHA3015',
]);

/**
 * Runs a script on a host so that it outlives this process, the connection and sshd: started at most once for an attempt,
 * followed to its end, found again by whoever calls next. Its exit code is a result, not an error.
 * Throws KHA3020 (another caller took over), KHA3021 (could not be started), KHA3022 (`timeoutMs` is over, it still runs),
 * KHA3023 (it vanished again and again), and what the ssh port throws while the job is not known to exist.
 */
export async function runJob(ssh: Ssh, connection: Connection, job: Job, options: FollowOptions): Promise<JobResult> {
  const where = connection.name;
  checkJobId(job.id, where);
  for (const name of Object.keys(job.secrets ?? {})) checkSecretName(name, where);
  const { clock, abort } = options;
  const deadline = clock.now() + options.timeoutMs;
  const follower = createFollower(options);
  const stopBeating = beat(options, follower.progress);
  let losses = 0;
  let pause = 100;
  try {
    for (;;) {
      abort.throwIfAborted();
      if (clock.now() >= deadline) throw timedOut(job, where, options.timeoutMs, follower);
      try {
        const last = await follower.once(ssh, connection, job, deadline);
        if (last.kind === 'end') return follower.result(last);
        if (last.kind === 'zombie') throw zombie(job, where, last.attempt);
        if (last.kind === 'gone' && ++losses >= maxLosses) throw vanishing(job, where, follower);
        pause = 100;
      } catch (error) {
        if (!(error instanceof KhaError)) throw error;
        if (error.code === 'KHA3009') throw timedOut(job, where, options.timeoutMs, follower);
        // Before the job is known to exist, the failure is the caller's to see; afterwards it is waited out.
        if (!follower.progress() || error.final || !passing.has(error.code)) throw error;
        await clock.sleep(Math.max(0, Math.min(pause, deadline - clock.now())), abort);
        pause = Math.min(2 * pause, 5000);
      }
    }
  } finally {
    stopBeating();
  }
}

function createFollower(options: FollowOptions) {
  const max = options.maxBytes ?? 1_048_576;
  const outputs = (run: string, from: JobProgress | undefined) => {
    const open = (stream: 'stdout' | 'stderr') => {
      const linesFrom = from?.run === run ? from[stream] : 0;
      // A new worker reads a part again, so that its result holds the last part whole.
      return keepOutput(max, Math.max(0, linesFrom - max), linesFrom, (line) => options.onLine?.(line, stream));
    };
    return { run, stdout: open('stdout'), stderr: open('stderr') };
  };
  let kept: { run: string; stdout: KeptOutput; stderr: KeptOutput } | undefined =
    options.from && outputs(options.from.run, options.from);
  let begun: Extract<JobFrame, { kind: 'begin' }> | undefined;
  let isOurs = false;

  return {
    progress: (): JobProgress | undefined =>
      kept && { run: kept.run, stdout: kept.stdout.lineOffset(), stderr: kept.stderr.lineOffset() },

    lastLines: (): string[] => (kept?.stderr.text() || kept?.stdout.text() || '').trimEnd().split('\n').slice(-10),

    /** One exec: starts the job if needed and follows it until it ends, the connection is lost or the host says `more`. */
    async once(ssh: Ssh, connection: Connection, job: Job, deadline: number): Promise<JobFrame> {
      const nonce = `@kha-${randomBytes(12).toString('hex')}`;
      const run = randomBytes(8).toString('hex');
      let last: JobFrame | undefined;
      let begunHere = false;
      // Both streams say whose output follows; either may come first.
      const begin = (frame: Extract<JobFrame, { kind: 'begin' }>) => {
        begunHere = true;
        begun = frame;
        isOurs ||= frame.run === run;
        if (kept?.run !== frame.run) kept = outputs(frame.run, undefined);
      };
      const split = (stream: 'stdout' | 'stderr') =>
        frameSplitter(
          nonce,
          (frame) => {
            if (frame.kind === 'begin') begin(frame);
            if (stream === 'stdout') last = frame;
          },
          // What comes before is the start's own complaint, not the job's output.
          (chunk) => {
            if (begunHere) kept?.[stream].push(chunk);
          },
        );
      const splitters = { stdout: split('stdout'), stderr: split('stderr') };
      const command = startAndFollow({
        id: job.id,
        round: job.round ?? '',
        attempt: job.attempt,
        run,
        title: job.title.replaceAll(/\s+/g, ' '),
        script: job.script.text,
        secrets: job.secrets ?? {},
        nonce,
        seen: kept?.run ?? '',
        stdout: kept?.stdout.offset() ?? 0,
        stderr: kept?.stderr.offset() ?? 0,
      });
      const result = await ssh.exec(connection, command, {
        timeoutMs: Math.max(1, deadline - options.clock.now()),
        abort: options.abort,
        maxBytes: 16_384,
        onData: (stream, chunk) => splitters[stream].push(chunk),
      });
      splitters.stdout.end();
      splitters.stderr.end();
      if (last) return last;
      throw new KhaError(`The remote job "${job.title}" could not be started on ${connection.name}.`, {
        code: jobCode.start,
        blame: 'host',
        where: connection.name,
        hint: 'Is there space and write access in /var/lib/kha and /run/kha, and is util-linux installed? See df, and journalctl -e on the host.',
        lastLines: result.stderr.trimEnd().split('\n').slice(-10),
      });
    },

    result(end: Extract<JobFrame, { kind: 'end' }>): JobResult {
      kept?.stdout.end();
      kept?.stderr.end();
      return {
        exitCode: end.exitCode,
        stdout: kept?.stdout.text() ?? '',
        stderr: kept?.stderr.text() ?? '',
        startedAt: begun?.startedAt ?? end.endedAt,
        endedAt: end.endedAt,
        attached: !isOurs,
        ...(begun?.why === 'host rebooted' || begun?.why === 'job vanished' ? { restarted: begun.why } : {}),
      };
    },
  };
}

type Follower = ReturnType<typeof createFollower>;

/** Tells every second how far the job is, also while it says nothing. Returns the end of it. */
function beat(options: FollowOptions, progress: () => JobProgress | undefined): () => void {
  const stop = new AbortController();
  const loop = async () => {
    while (!stop.signal.aborted) {
      options.heartbeat(progress());
      await options.clock.sleep(1000, stop.signal).catch(() => {});
    }
  };
  void loop();
  return () => stop.abort();
}

const zombie = (job: Job, where: string, attempt: number): KhaError =>
  new KhaError(`The remote job "${job.title}" on ${where} was taken over by a later attempt (${attempt}).`, {
    code: jobCode.zombie,
    blame: 'kha',
    where,
    hint: 'Nothing to do: the later attempt goes on with it.',
    final: true,
  });

const timedOut = (job: Job, where: string, timeoutMs: number, follower: Follower): KhaError =>
  new KhaError(`The remote job "${job.title}" on ${where} has not ended within ${Math.round(timeoutMs / 1000)} s.`, {
    code: jobCode.timeout,
    blame: 'host',
    where,
    hint: `It may still be running: look at ${where} (systemctl list-units 'kha-job-*', /var/lib/kha/jobs/${job.id}). The next try goes on with it.`,
    lastLines: follower.lastLines(),
  });

const vanishing = (job: Job, where: string, follower: Follower): KhaError =>
  new KhaError(`The remote job "${job.title}" on ${where} vanished ${maxLosses} times without a result.`, {
    code: jobCode.vanishing,
    blame: 'host',
    where,
    hint: 'Something kills it: look for the OOM killer and for reboots with journalctl -k on the host.',
    lastLines: follower.lastLines(),
  });

export { killJob, listJobs, removeJobs } from './remote-job/manage.ts';
