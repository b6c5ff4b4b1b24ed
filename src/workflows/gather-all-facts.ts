import { condition, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import type { Board } from './board.ts';
import { failureOf } from './failure.ts';
import { inWindows } from './in-windows.ts';
import { policies } from './policies.ts';

interface Gathering {
  hosts: string[];
  parallelism: number;
  declaration: string;
  run: string;
  board: Board;
  onFailure: 'park' | 'abort';
  stopped: () => boolean;
  say: () => void;
}

/** Facts of every host; one that can't be read parks until it can. */
export async function gatherAllFacts(g: Gathering): Promise<Record<string, string>> {
  const facts: Record<string, string> = {};
  const idOf = (host: string): string => `gather-facts/${host}`;
  g.board.forget((v) => v.step !== 'gather-facts');
  g.board.add(
    g.hosts.map((host) => ({
      id: idOf(host),
      step: 'gather-facts',
      host,
      title: 'Read the facts of the host',
      needs: [],
      activity: 'applyEffects',
      policy: 'quick',
    })),
  );
  await inWindows(g.hosts, g.parallelism, async (host) => {
    for (let round = 0; !g.stopped(); round++) {
      g.board.set(idOf(host), 'running', { round });
      try {
        facts[host] = await proxyActivities<Activities>({ ...policies.quick, summary: `facts of ${host}` }).gatherFacts(
          { declaration: g.declaration, host, run: g.run },
        );
        g.board.set(idOf(host), 'unchanged', { detail: 'read' });
        return;
      } catch (error) {
        const failure = failureOf(error);
        if (g.onFailure === 'abort') throw error;
        g.board.set(idOf(host), 'parked', { failure });
        g.say();
        await condition(() => g.stopped() || g.board.view(idOf(host)).state !== 'parked');
      }
    }
  });
  return facts;
}
