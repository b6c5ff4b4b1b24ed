import { type LabHost, labDown } from '../../lab/lab.ts';
import { createKha, freshHosts, type Kha, writeClusterFile } from '../lab/kha.ts';
import { round, seconds } from './numbers.ts';
import { operate } from './operate.ts';

/** How long an operation on hosts of these numbers takes, in ms. */
async function added(kha: Kha, hosts: readonly LabHost[], numbers: readonly number[]): Promise<number> {
  const words = numbers.map((n) => `w${n}=${hosts[n]?.address ?? ''}`).join(',');
  return (await operate(kha, 'add-worker', '--host', words, '--accept-host-keys')).wallMs;
}

/** Workers added to a cluster of three hosts, one and then five at once, and one to the eight that it has then. */
export async function measureGrowth(say: (line: string) => void) {
  const hosts = await freshHosts(9);
  const kha = await createKha();
  try {
    await kha.serve();
    say('init-cluster of 1 master and 2 workers');
    await operate(
      kha,
      'init-cluster',
      '-f',
      writeClusterFile(kha, { hosts: hosts.slice(0, 3), masters: 1, workers: 2 }),
    );
    say('one more worker, which leaves again');
    const toThree = await added(kha, hosts, [3]);
    await operate(kha, 'remove-node', '--host', 'w3', '--yes');
    say('five workers at once');
    const five = await added(kha, hosts, [3, 4, 5, 6, 7]);
    say('one more worker');
    const toEight = await added(kha, hosts, [8]);
    return {
      oneToThreeSeconds: seconds(toThree),
      oneToEightSeconds: seconds(toEight),
      toEightByToThree: round(toEight / toThree, 2),
      aimToEightByToThree: 1.2,
      fiveSeconds: seconds(five),
      fiveByOne: round(five / toThree, 2),
      aimFiveByOne: 2,
    };
  } finally {
    await kha.close();
    await labDown();
  }
}
