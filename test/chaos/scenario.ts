import { faultKinds, type FaultName } from './faults/registry.ts';
import { createRandom } from './random.ts';

/** One fault of a run, as planned. What happens when also depends on the machine, so a replay is close, not equal. */
export interface PlannedFault {
  fault: FaultName;
  /** It comes once so many remote commands have ended, and `delayMs` more. 0: before the operation is started. */
  afterCommands: number;
  delayMs: number;
  /** What the fault itself throws its dice with. */
  seed: number;
}

export interface Scenario {
  seed: number;
  masters: number;
  workers: number;
  /** Hosts without packages and images; the others have them in place. */
  isBare: boolean;
  faults: PlannedFault[];
}

const topologies = [
  { masters: 1, workers: 1, weight: 40 },
  { masters: 3, workers: 0, weight: 15 },
  { masters: 1, workers: 2, weight: 15 },
  { masters: 3, workers: 2, weight: 30 },
];

/** Remote commands that an undisturbed operation runs on a host at least; some hosts have more. */
const commandsPerHost = { bare: 22, prepared: 22 };

/** What a seed stands for: a cluster and 1 to 5 faults. */
export function scenarioOf(seed: number, only: readonly FaultName[] = []): Scenario {
  const random = createRandom(seed);
  const { masters, workers } = random.weighted(topologies);
  const isBare = random.next() < 0.15;
  const commands = (masters + workers) * (isBare ? commandsPerHost.bare : commandsPerHost.prepared);
  const kinds = faultKinds.filter((kind) => only.length === 0 || only.includes(kind.name));
  const faults: PlannedFault[] = [];
  for (let left = random.int(1, 5); left > 0; left--) {
    const kind = random.weighted(kinds);
    // Some leave a mark that a second one would only repeat.
    if (kind.once && faults.some((f) => f.fault === kind.name)) continue;
    faults.push({
      fault: kind.name,
      afterCommands: random.next() < (kind.before ?? 0) ? 0 : random.int(1, Math.floor(commands * 0.85)),
      delayMs: random.int(0, 3000),
      seed: random.int(0, 2 ** 31),
    });
  }
  faults.sort((a, b) => a.afterCommands - b.afterCommands);
  return { seed, masters, workers, isBare, faults };
}
