import { hostNamed } from '../cluster/cluster.ts';
import { KhaError } from '../cluster/error.ts';
import { REBOOT_STAMP } from '../cluster/paths.ts';
import { type Command, sh, shJoin } from '../formats/sh.ts';
import type { TaskInput, TaskResult } from './contract.ts';
import { eventually } from './eventually.ts';
import type { JobResult } from './remote-job.ts';
import { jobCode } from './remote-job/names.ts';
import { lastLines, openReader, type Session } from './session.ts';
import type { TaskScope } from './task-scope.ts';

/** How a host was started, and what kha asked it for last. */
interface Boot {
  id: string;
  kernel: string;
  /** Run of an operation and round of its task that asked for a reboot, and the boot id before. */
  asked?: { run: string; round: string; before: string };
}

/** What the reboot is for. */
interface Wanted {
  /** `uname -r`. */
  kernel?: string;
  /** Throws where the host would not boot as it shall. */
  demand?: (here: Session) => Promise<void>;
}

const LOOK = sh`cat /proc/sys/kernel/random/boot_id; uname -r; cat ${REBOOT_STAMP} 2>/dev/null || :`;

/**
 * Reboots a host and returns once it is back with another boot id, and with the kernel that is wanted, where one is. Whoever comes after a
 * worker that died finds on the host what was asked for: it asks once in a round, and no more once the host has what it shall have.
 */
export async function rebootHost(
  scope: TaskScope,
  hostName: string,
  { run, issuedAt }: Pick<TaskInput, 'run' | 'issuedAt'>,
  { kernel: wanted, demand }: Wanted = {},
): Promise<TaskResult> {
  const { facts, session } = scope;
  const here = session(hostName);
  // Where an earlier try has asked, it may be away.
  const found = await untilBack(scope, hostName, undefined);
  const isOurs = found.asked?.run === run && found.asked.before !== found.id;
  const isDone = wanted === undefined ? isOurs || facts[hostName]?.bootId !== found.id : found.kernel === wanted;
  if (isDone)
    return { changed: isOurs, detail: isOurs ? backWith(found) : `was rebooted meanwhile, runs ${found.kernel}` };
  const isOver = isOurs && found.asked?.round === String(issuedAt);
  if (isOver && wanted !== undefined) throw otherKernel(hostName, found.kernel, wanted);

  // Not of one that goes down already.
  if (found.asked?.round !== String(issuedAt)) await demand?.(here);
  const asked = await ask(here, askOnce(`${run} ${issuedAt} ${found.id}`, found.id));
  if (asked && asked.exitCode !== 0 && asked.exitCode < 128)
    throw new KhaError(`${hostName} refuses to reboot`, {
      code: 'KHA3332',
      blame: 'host',
      where: hostName,
      lastLines: lastLines(asked),
    });
  const back = await untilBack(scope, hostName, found.id);
  if (wanted !== undefined && back.kernel !== wanted) throw otherKernel(hostName, back.kernel, wanted);
  return { changed: true, detail: backWith(back) };
}

/** Its end may come with the host's: then nobody knows of it, and it is no matter. */
async function ask(here: Session, script: Command): Promise<JobResult | undefined> {
  try {
    return await here.job('reboot', script, { timeoutMs: 15_000 });
  } catch (error) {
    if (error instanceof KhaError && error.code === jobCode.timeout) return undefined;
    throw error;
  }
}

const backWith = ({ kernel }: Boot): string => `is back with another boot id, runs ${kernel}`;

/** Says on the host what is asked for before it asks; does nothing where the host was started anew since. */
const askOnce = (stamp: string, before: string): Command =>
  shJoin([
    sh`[ "$(cat /proc/sys/kernel/random/boot_id)" = ${before} ] || exit 0`,
    sh`mkdir -p /var/lib/kha`,
    sh`echo ${stamp} >${`${REBOOT_STAMP}.new`}`,
    sh`sync ${`${REBOOT_STAMP}.new`}`,
    sh`mv -fT ${`${REBOOT_STAMP}.new`} ${REBOOT_STAMP}`,
    sh`systemctl --no-block reboot`,
  ]);

/** Waits until the host answers, with another boot id than `before`. */
async function untilBack(scope: TaskScope, hostName: string, before: string | undefined): Promise<Boot> {
  const { ports, cluster, abort } = scope;
  // Not by a session: each look would be a line in the log.
  const reader = openReader(ports, cluster, hostName);
  const { address } = hostNamed(cluster, hostName);
  let boot: Boot | undefined;
  await eventually(ports.clock, abort, {
    what: before === undefined ? `${hostName} answers` : `${hostName} is back from its reboot`,
    timeoutMs: cluster.timeouts.rebootMinutes * 60_000,
    intervalMs: 500,
    code: 'KHA3332',
    troubles: async () => {
      try {
        boot = bootOf(await reader.read('boot id and kernel', LOOK, { timeoutMs: 5000 }));
      } catch (error) {
        if (error instanceof KhaError) return [`no answer from ${address}: ${error.message}`];
        throw error;
      }
      return boot.id === before ? [`it answers, and still with the boot id ${before}`] : [];
    },
  });
  if (!boot) throw new Error('eventually returned without an answer');
  return boot;
}

function bootOf(text: string): Boot {
  const [id = '', kernel = '', stamp = ''] = text.split('\n');
  const [run = '', round = '', before = ''] = stamp.split(' ');
  return { id, kernel, ...(before === '' ? {} : { asked: { run, round, before } }) };
}

const otherKernel = (hostName: string, kernel: string, wanted: string): KhaError =>
  new KhaError(`${hostName} is back with ${kernel}, not with ${wanted}`, {
    code: 'KHA3333',
    blame: 'host',
    where: hostName,
    hint: 'See its console why it fell back. Then say retry: it is rebooted once more; or skip: it goes on with the kernel that it has; or abort.',
    final: true,
  });
