import type { LabHost } from '../../lab/lab.ts';
import { waitUntil } from '../../lab/wait.ts';
import type { Ended } from '../lab/ended.ts';
import { type Kha, writeClusterFile } from '../lab/kha.ts';
import type { Outcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';

/** An operation that has not ended well after so long counts as lost. */
export const limitSeconds = 900;

export interface Operating {
  kha: Kha;
  scenario: Scenario;
  hosts: LabHost[];
  outcome: Outcome;
  tell: (line: string) => void;
  mended: () => Promise<boolean>;
}

/** Does what an operator does who has read the docs: starts, watches, says retry once the cause is gone. */
export function createOperator({ kha, scenario, hosts, outcome, tell, mended }: Operating) {
  const { masters, workers } = scenario;
  const file = writeClusterFile(kha, { hosts, masters, workers });
  const end = Date.now() + limitSeconds * 1000;
  const startOnce = (): Promise<Ended> => {
    outcome.starts++;
    return kha.run('start-workflow', 'init-cluster', '-f', file, '--accept-changes');
  };
  const goOn = async (first: Ended): Promise<void> => {
    let ended = first;
    let told = '';
    const tellOnce = (line: string) => {
      if (line !== told) tell(line);
      told = line;
    };
    while (ended.code !== 0) {
      const reason = /^(?:error|waiting): .*$/m.exec(ended.stderr)?.[0] ?? ended.stderr.trim();
      if (Date.now() > end) throw new Error(`not done after ${limitSeconds} s\n${ended.stderr}`);
      if (ended.code === 2) throw new Error(ended.stderr);
      if (ended.code === 7) {
        tellOnce(`parked: ${reason}`);
        await mended();
        const { code } = await kha.run('retry', 'demo', '--all');
        if (code === 0) outcome.retries++;
        // The look that comes next must not find what is parked still.
        await waitUntil(() => false, 1);
      } else if (ended.code === 6 || ended.code === 3) {
        tellOnce(`ended: ${reason}`);
        await mended();
        ended = await startOnce();
        continue;
      } else if (ended.code !== 255) {
        tellOnce(`exit code ${ended.code}: ${reason}`);
        await waitUntil(() => false, 1);
      }
      ended = await kha.run('status', 'demo', '-w');
    }
  };
  return {
    start: async () => goOn(await startOnce()),
    watch: async () => goOn(await kha.run('status', 'demo', '-w')),
  };
}
