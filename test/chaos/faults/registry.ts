import type { FaultKind } from './fault.ts';
import { clockOff, diskFull, powerReset } from './hosts.ts';
import { connectionsCut, mirrorBroken, networkAway, networkSlow, sshdRestarted } from './network.ts';
import { killAll, killCli, killServer, killTemporal, killWorker, restoreDatabase, zombie } from './processes.ts';

/** All faults of the campaign. A scenario follows from its seed and this list: a change of it changes what seeds mean. */
export const faultKinds: readonly FaultKind[] = [
  killWorker,
  killTemporal,
  killServer,
  killCli,
  killAll,
  zombie,
  restoreDatabase,
  sshdRestarted,
  connectionsCut,
  networkAway,
  networkSlow,
  mirrorBroken,
  powerReset,
  diskFull,
  clockOff,
];

export type FaultName = string;

export function faultNamed(name: FaultName): FaultKind {
  const found = faultKinds.find((kind) => kind.name === name);
  if (found === undefined)
    throw new Error(`there is no fault ${name}; there are ${faultKinds.map((kind) => kind.name).join(', ')}`);
  return found;
}
