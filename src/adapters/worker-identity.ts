import { createHash } from 'node:crypto';
import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { identify, type ProcessIdentity } from './process-identity.ts';

/** Who a worker is, as Temporal and its Web UI show it, and how to tell whether another one of this machine has died. */
export interface WorkerIdentity {
  /** `<pid>@<host name>/<machine>.<start>`: the latter two tell it from a process of another machine or time. */
  text: string;
  /** True only for a worker that certainly ran here and runs no more. */
  isDead: (identity: string) => Promise<boolean>;
}

/** The identity of the worker in this process. */
export async function workerIdentity(): Promise<WorkerIdentity> {
  const machine = await thisMachine();
  const me = await identify(process.pid);
  const own = `${process.pid}@${hostname()}`;
  return {
    text: machine && me ? `${own}/${machine}.${mark(me)}` : own,
    async isDead(identity) {
      const [, pid, where, started] = /^(\d+)@.*\/([0-9a-f]+)\.([0-9a-f]+)$/.exec(identity) ?? [];
      if (pid === undefined || machine === undefined || where !== machine) return false;
      const now = await identify(Number(pid));
      return now === undefined || mark(now) !== started;
    },
  };
}

/** One boot of one machine, and one container of it: elsewhere process numbers mean others. Undefined where that can't be told. */
async function thisMachine(): Promise<string | undefined> {
  try {
    // The initial namespace has the same number on every machine; the start times hold the boot.
    const namespace = await readlink('/proc/self/ns/pid');
    const first = await identify(process.pid);
    const boot = first?.started.split('/')[0];
    return boot === undefined ? undefined : hash(`${boot} ${namespace}`);
  } catch {
    return undefined;
  }
}

const mark = ({ started }: ProcessIdentity): string => hash(started);

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
