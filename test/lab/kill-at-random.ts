import type { Random } from '../chaos/random.ts';
import { waitUntil } from '../../lab/wait.ts';
import type { Kha } from './kha.ts';

/** How often each was killed; where Temporal is, the worker goes with it. */
export interface Kills {
  worker: number;
  server: number;
}

/**
 * Kills kha's worker, or its worker and Temporal, at random moments, and starts them again, until `isOver`.
 * @param seconds between two kills, at least and at most
 * @param isServer whether Temporal is to go this time
 * @param most kills
 */
export async function killAtRandom(
  kha: Kha,
  random: Random,
  isOver: () => boolean,
  {
    seconds,
    isServer,
    most = Number.POSITIVE_INFINITY,
  }: { seconds: [number, number]; isServer: (kills: Kills) => boolean; most?: number },
): Promise<Kills> {
  const kills = { worker: 0, server: 0 };
  const [least, longest] = seconds.map((s) => s * 1000) as [number, number];
  while (kills.worker + kills.server < most && !(await waitUntil(isOver, random.int(least, longest) / 1000, 200))) {
    const server = isServer(kills);
    await (server ? kha.killServer() : kha.killWorker());
    await kha.serve();
    kills[server ? 'server' : 'worker']++;
  }
  return kills;
}
