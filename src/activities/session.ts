import { type Cluster, type Host, hostNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import type { FactsByHost } from '../cluster/facts.ts';
import type { Command } from '../formats/sh.ts';
import { withoutSecrets } from '../formats/without-secrets.ts';
import type { ExecOptions, ExecResult } from '../ports/ssh.ts';
import { demandClock, tellingTime } from './demand-clock.ts';
import type { Ports } from './ports.ts';
import { type JobResult, listJobs, runJob } from './remote-job.ts';

/** Where commands of a task are run and logged. */
interface SessionScope {
  cluster: Cluster;
  /** Of all hosts, as the operation began. */
  facts: FactsByHost;
  /** Run id of the operation, the key of its log. */
  run: string;
  /** Task id, for the log and for names of jobs. */
  task: string;
  /** When the workflow asked for it, see TaskInput; what was finished for an earlier request counts for nothing. */
  issuedAt: number;
  /** When Temporal scheduled this attempt, ms since the epoch: fences off zombies. */
  scheduledAt: number;
  abort: AbortSignal;
  heartbeat: (details: unknown) => void;
  /** Scripts that this attempt has run, by host and job. */
  begun: Map<string, string>;
}

interface LookOptions extends Pick<ExecOptions, 'stdin' | 'timeoutMs' | 'maxBytes'> {
  /** The output is secret: it is not logged. */
  secretOutput?: boolean;
}

/** Commands on one host in the name of one task. */
export interface Session {
  host: Host;
  /** Runs a command that changes nothing and is short. */
  look: (title: string, command: Command, options?: LookOptions) => Promise<ExecResult>;
  /** As `look`, but fails with KHA3200 unless it exits with 0. */
  read: (title: string, command: Command, options?: LookOptions) => Promise<string>;
  /** Runs a script as a remote job: it survives this worker and is never started twice. Returns whatever its exit code is. */
  job: (title: string, script: Command, options?: JobOptions) => Promise<JobResult>;
  /** Does a job of this task still run on the host, left by a worker that died? What it is about to do is not to be judged yet. */
  isRunning: (part?: string) => Promise<boolean>;
}

/** Commands on one host that change nothing. */
export type Reader = Pick<Session, 'host' | 'look' | 'read'>;

export interface JobOptions {
  secrets?: Record<string, string>;
  onLine?: (line: string) => void;
  timeoutMs?: number;
  /** Tells several jobs of one task apart: one that has ended is not run again under the same name, whatever its script. */
  part?: string;
}

/** Characters in which the last lines are looked for; the output of a look may be megabytes. */
const TAIL_LENGTH = 32_768;

const tail = (text: string, lines: number): string[] =>
  text
    .slice(-TAIL_LENGTH)
    .split('\n')
    .filter((l) => l.trim() !== '' && !l.startsWith('@@kha '))
    .slice(-lines);

/** The last lines that tell why something failed: standard error first, else standard output. */
export const lastLines = (result: { stdout: string; stderr: string }, lines = 15): string[] => {
  const errors = tail(result.stderr, lines);
  return errors.length > 0 ? errors : tail(result.stdout, lines);
};

const readBy =
  (host: Host, look: Session['look'], where: string): Session['read'] =>
  async (title, command, options) => {
    const result = await look(title, command, options);
    if (result.exitCode === 0) return result.stdout;
    throw new KhaError(`${title} failed on ${host.name} (exit code ${result.exitCode})`, {
      code: 'KHA3200',
      blame: 'host',
      where,
      lastLines: options?.secretOutput ? tail(result.stderr, 15) : lastLines(result),
    });
  };

/** For a look from outside of any operation: nothing is logged. */
export function openReader(ports: Ports, cluster: Cluster, hostName: string): Reader {
  const host = hostNamed(cluster, hostName);
  const ssh = ports.ssh(cluster.name);
  const look: Reader['look'] = (_title, command, options) =>
    ssh.exec(host.connection, command, { timeoutMs: 60_000, ...options });
  return { host, look, read: readBy(host, look, hostName) };
}

export function openSession(ports: Ports, scope: SessionScope, hostName: string): Session {
  const host = hostNamed(scope.cluster, hostName);
  const ssh = ports.ssh(scope.cluster.name);
  /** What is logged of a result: the last lines of both streams, and of each line its beginning. */
  const excerpt = (result: { stdout: string; stderr: string }): string[] =>
    withoutSecrets([...tail(result.stdout, 20), ...tail(result.stderr, 20)]).map((l) =>
      l.length > 300 ? `${l.slice(0, 300)} …` : l,
    );
  const log = (title: string, result: ExecResult | JobResult, isLook: boolean, secret: boolean): Promise<void> =>
    ports.store.appendLog(scope.run, {
      task: scope.task,
      host: host.name,
      title,
      startedAt: result.startedAt,
      endedAt: result.endedAt,
      exitCode: result.exitCode,
      output: secret ? ['(not logged)'] : excerpt(result),
      look: isLook,
    });

  const jobName = (part: string | undefined): string =>
    `${scope.cluster.name}.${scope.task.replace('/', '.')}${part ? `.${part}` : ''}`;

  let isClockKnown = false;
  const look: Session['look'] = async (title, command, { secretOutput, ...options } = {}) => {
    // Every task begins with a look: time is told on the way.
    const result = await ssh.exec(host.connection, isClockKnown ? command : tellingTime(command), {
      timeoutMs: 60_000,
      abort: scope.abort,
      ...options,
    });
    await log(title, result, true, secretOutput ?? false);
    if (!isClockKnown) demandClock(scope.cluster, scope.facts, host.name, result);
    isClockKnown = true;
    return result;
  };
  return {
    host,
    look,
    read: readBy(host, look, scope.task),
    isRunning: async (part) =>
      (await listJobs(ssh, host.connection)).some((job) => job.id === jobName(part) && job.state === 'running'),
    job: async (title, script, { secrets, onLine, timeoutMs = 55 * 60_000, part } = {}) => {
      const id = jobName(part);
      const key = `${host.name} ${id}`;
      if ((scope.begun.get(key) ?? script.text) !== script.text)
        throw new KhaError(`two jobs of ${scope.task} have the same name on ${host.name}: ${title}`, {
          code: 'KHA9100',
          blame: 'kha',
          final: true,
        });
      scope.begun.set(key, script.text);
      const result = await runJob(
        ssh,
        host.connection,
        {
          id,
          round: `${scope.run}.${scope.issuedAt}`,
          attempt: scope.scheduledAt,
          script,
          title,
          ...(secrets ? { secrets } : {}),
        },
        {
          heartbeat: scope.heartbeat,
          abort: scope.abort,
          timeoutMs,
          clock: ports.clock,
          ...(onLine ? { onLine } : {}),
        },
      );
      await log(result.restarted ? `${title} (run again: ${result.restarted})` : title, result, false, false);
      return result;
    },
  };
}
