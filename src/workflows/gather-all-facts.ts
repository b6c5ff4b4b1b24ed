import { condition, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import type { Settings } from '../cluster/settings.ts';
import type { Board } from './board.ts';
import { failureOf, isDeadWorker } from './failure.ts';
import { inWindows } from './in-windows.ts';
import { policies } from './policies.ts';
import { FACTS_STEP } from './protocol.ts';

interface Gathering {
  operation: string;
  settings?: Settings | undefined;
  hosts: string[];
  /** Hosts whose facts are welcome, and whose silence keeps nobody. */
  helpers: string[];
  /** Hosts that an operator may leave out. */
  leaving: string[];
  parallelism: number;
  /** Digest of the declaration that has the host. */
  declarationOf: (host: string) => string;
  board: Board;
  onFailure: 'park' | 'abort';
  stopped: () => boolean;
  say: () => void;
}

/**
 * Facts of every host; one that can't be read parks until it can or an operator leaves it out, and the others are read meanwhile. A
 * helper is left out then.
 */
export async function gatherAllFacts(g: Gathering): Promise<Record<string, string>> {
  const facts: Record<string, string> = {};
  const idOf = (host: string): string => `${FACTS_STEP}/${host}`;
  g.board.forget((v) => v.step !== FACTS_STEP);
  g.board.add(
    [...g.hosts, ...g.helpers].map((host) => ({
      id: idOf(host),
      step: FACTS_STEP,
      host,
      title: 'Read the facts of the host',
      needs: [],
      activity: 'applyEffects',
      policy: 'quick',
      ...(g.leaving.includes(host) ? {} : { vital: true }),
    })),
  );
  const read = async (host: string, round: number): Promise<boolean> => {
    const isHelper = g.helpers.includes(host);
    const policy = isHelper ? policies.glance : policies.quick;
    g.board.set(idOf(host), 'running', { round });
    try {
      facts[host] = await proxyActivities<Activities>({ ...policy, summary: `facts of ${host}` }).gatherFacts({
        declaration: g.declarationOf(host),
        host,
        ...(isHelper ? {} : { operation: g.operation, ...(g.settings ? { settings: g.settings } : {}) }),
      });
      g.board.set(idOf(host), 'unchanged', { detail: 'read' });
      return true;
    } catch (error) {
      // The silence of a worker is none of the host's.
      if (isHelper && isDeadWorker(error)) return await read(host, round);
      if (isHelper && !isCancellation(error)) {
        g.board.set(idOf(host), 'skipped', { detail: `it does not answer: ${failureOf(error).message}` });
        return true;
      }
      if (g.onFailure === 'abort') throw error;
      g.board.set(idOf(host), 'parked', { failure: failureOf(error) });
      g.say();
      return false;
    }
  };
  const readAgain = async (host: string): Promise<void> => {
    for (let round = 1; ; round++) {
      await condition(() => g.stopped() || g.board.view(idOf(host)).state !== 'parked');
      const isLeftOut = g.board.view(idOf(host)).state === 'skipped';
      if (g.stopped() || isLeftOut || (await read(host, round))) return;
    }
  };
  const parked: Promise<void>[] = [];
  await inWindows([...g.hosts, ...g.helpers], g.parallelism, async (host) => {
    // What is parked leaves its place in the window to the next host.
    if (!g.stopped() && !(await read(host, 0))) parked.push(readAgain(host));
  });
  await Promise.all(parked);
  return facts;
}
