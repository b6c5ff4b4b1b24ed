import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabHost } from '../../lab/lab.ts';
import { waitUntil } from '../../lab/wait.ts';
import type { Kha } from '../lab/kha.ts';
import type { Scene } from './faults/fault.ts';
import { faultNamed } from './faults/registry.ts';
import { limitSeconds } from './operator.ts';
import { createRandom } from './random.ts';
import type { PlannedFault, Scenario } from './scenario.ts';

export interface Striking {
  scenario: Scenario;
  kha: Kha;
  hosts: LabHost[];
  resets: Map<string, number>;
  tell: (line: string) => void;
  over: AbortSignal;
}

/** Lets all faults strike at their time. `before`: those that precede the operation have struck. `mended`: none is at work. */
export function strikeAll({ scenario, kha, hosts, resets, tell, over }: Striking) {
  let turn: Promise<unknown> = Promise.resolve();
  const alone: Scene['alone'] = (what) => {
    const mine = turn.then(what);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const pause = async (ms: number): Promise<void> => void (await waitUntil(() => over.aborted, ms / 1000));
  let atWork = 0;
  const strike = async (planned: PlannedFault): Promise<void> => {
    const isEarly = planned.afterCommands === 0;
    if (!isEarly) {
      await waitUntil(() => over.aborted || commandsOf(kha) >= planned.afterCommands, limitSeconds, 200);
      await pause(planned.delayMs);
      if (over.aborted) return tell(`${planned.fault} did not come: the operation was over`);
    }
    const diskHost = scenario.faults.some((f) => f.fault === 'disk-full') ? hosts.at(-1) : undefined;
    atWork++;
    try {
      tell(planned.fault);
      await faultNamed(planned.fault).strike({
        scenario,
        kha,
        hosts,
        ...(diskHost ? { diskHost } : {}),
        random: createRandom(planned.seed),
        say: (line) => tell(`${planned.fault}: ${line}`),
        pause,
        alone,
        resets,
      });
      tell(`${planned.fault}: mended`);
    } finally {
      atWork--;
    }
  };
  const early = scenario.faults.filter((f) => f.afterCommands === 0).map(strike);
  const all = Promise.all([...early, ...scenario.faults.filter((f) => f.afterCommands > 0).map(strike)]);
  // An error is told by `all`; until then nobody listens.
  all.catch(() => undefined);
  return {
    all,
    before: pause(early.length > 0 ? 3000 : 0),
    mended: () => waitUntil(() => atWork === 0, limitSeconds),
  };
}

/** Remote commands that have ended, by kha's own log. */
function commandsOf(kha: Kha): number {
  const directory = join(kha.home, 'store/logs');
  if (!existsSync(directory)) return 0;
  let lines = 0;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.jsonl')) lines += readFileSync(join(directory, name), 'utf8').split('\n').length - 1;
  return lines;
}
