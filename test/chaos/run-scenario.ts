import { type LabHost, labHosts, renew } from '../../lab/lab.ts';
import { countKubeadm, createKha, type Kha } from '../lab/kha.ts';
import { sayFinding } from '../lab/secrets/finding.ts';
import { sampleProcesses } from '../lab/secrets/sample-processes.ts';
import { scanForSecrets } from '../lab/secrets/scan.ts';
import { audit } from './audit.ts';
import { watchKeys } from './key-watch.ts';
import { createOperator } from './operator.ts';
import type { Outcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';
import { strikeAll } from './strike-all.ts';

export interface RunOptions {
  /** What prepared hosts start with: a kept disk. */
  layer: string;
  say: (line: string) => void;
}

/** Builds a cluster on new hosts while the faults of the scenario strike, and judges what stands there in the end. */
export async function runScenario(scenario: Scenario, { layer, say }: RunOptions): Promise<Outcome> {
  const hosts = await newHosts(scenario, layer);
  const kha = await createKha();
  const outcome: Outcome = {
    seed: scenario.seed,
    scenario,
    problems: [],
    seconds: 0,
    retries: 0,
    starts: 0,
    story: [],
  };
  const begun = Date.now();
  const tell = (line: string): void => {
    const dated = `${((Date.now() - begun) / 1000).toFixed(1)} s: ${line}`;
    outcome.story.push(dated);
    say(dated);
  };
  const resets = new Map<string, number>();
  const keys = watchKeys(hosts.map((host) => host.name));
  const sampler = sampleProcesses(kha);
  try {
    await kha.serve();
    const over = new AbortController();
    const striking = strikeAll({ scenario, kha, hosts, resets, tell, over: over.signal });
    const operator = createOperator({ kha, scenario, hosts, outcome, tell, mended: striking.mended });
    try {
      await striking.before;
      await operator.start();
    } finally {
      over.abort();
      await striking.all;
    }
    // A fault may outlast the operation: a database that was put back knows of one that still runs.
    await operator.watch();
    outcome.seconds = Math.round((Date.now() - begun) / 1000);
    outcome.problems.push(...(await audit({ scenario, hosts, resets })), ...(await noChangeLeft(kha)));
    const { findings } = await scanForSecrets({ kha, hosts, samples: sampler.stop() });
    outcome.problems.push(...findings.map((finding) => `a secret is in the clear: ${sayFinding(finding)}`));
  } catch (error) {
    outcome.problems.push(error instanceof Error ? error.message : String(error));
    outcome.problems.push(...(await lastWords(kha)));
  } finally {
    sampler.stop();
    outcome.problems.push(...keys());
    await kha.close();
  }
  return outcome;
}

async function newHosts({ masters, workers, isBare, faults }: Scenario, layer: string): Promise<LabHost[]> {
  const count = masters + workers;
  const hasOwnDisk = (i: number): boolean => i === count - 1 && faults.some((f) => f.fault === 'disk-full');
  const names = labHosts()
    .map((host) => host.name)
    .slice(0, count);
  const hosts = await renew(names, (name) =>
    hasOwnDisk(names.indexOf(name)) ? { diskMiB: 4000 } : isBare ? {} : { layer },
  );
  await Promise.all(hosts.map((host) => countKubeadm(host.name)));
  return hosts;
}

/** The plan's outcome holds: a look at all hosts finds nothing that differs. */
async function noChangeLeft(kha: Kha): Promise<string[]> {
  const text = await kha.ok('plan', 'init-cluster', '--cluster', 'demo', '--dry-run', '-o', 'json');
  const { changes } = JSON.parse(text) as { changes: { id: string; lines: { title: string; outcome: string }[] }[] };
  return changes.flatMap(({ id, lines }) =>
    lines.filter((line) => line.outcome !== 'same').map((line) => `${id}: differs in the end: ${line.title}`),
  );
}

async function lastWords(kha: Kha): Promise<string[]> {
  const { stdout, stderr } = await kha.run('status', 'demo');
  return [...stdout.split('\n').slice(-40), ...stderr.split('\n').slice(-10)].filter((line) => line.trim() !== '');
}
