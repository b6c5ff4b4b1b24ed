import { KhaError } from '../../cluster/error.ts';
import type { Facts } from '../../cluster/facts.ts';
import { debian } from './debian.ts';
import type { OperatingSystem } from './os.ts';

const systems: OperatingSystem[] = [debian];

/** The part for a host's system. Without facts (a plan from the file alone) the first one stands for it. */
export function osOf(facts: Facts | undefined): OperatingSystem {
  const found = facts === undefined ? systems[0] : systems.find((s) => s.matches(facts));
  if (!found) {
    throw new KhaError(`${facts?.os.prettyName ?? 'this system'} is not supported`, {
      code: 'KHA3102',
      blame: 'host',
      ...(facts ? { where: facts.host } : {}),
      hint: `kha installs on: ${systems.map((s) => s.id).join(', ')} and their relatives.`,
      final: true,
    });
  }
  return found;
}
