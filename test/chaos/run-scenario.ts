import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LabHost, labHosts, renew } from '../../lab/lab.ts';
import { waitUntil } from '../../lab/wait.ts';
import { countKubeadm, createKha, type Ended, type Kha, writeClusterFile } from '../lab/kha.ts';
import { sayFinding } from '../lab/secrets/finding.ts';
import { sampleProcesses } from '../lab/secrets/sample-processes.ts';
import { scanForSecrets } from '../lab/secrets/scan.ts';
import { audit } from './audit.ts';
import type { Scene } from './faults/fault.ts';
import { faultNamed } from './faults/registry.ts';
import { watchKeys } from './key-watch.ts';
import { createRandom } from './random.ts';
import type { PlannedFault, Scenario } from './scenario.ts';

/** What came of a run. */
export interface Outcome {
  seed: number;
  scenario: Scenario;
  /** What is wrong in the end; none: it ended well. */
  problems: string[];
  /** From the start of the operation to its end. */
  seconds: number;
  /** What the operator had to say: retries after something was parked, new starts after a refusal. */
  retries: number;
  starts: number;
  /** What was done, with seconds since the start. */
  story: string[];
}

export interface RunOptions {
  /** What prepared hosts start with: a kept disk. */
  layer: string;
  say: (line: string) => void;
}

/** An operation that has not ended well after so long counts as lost. */
const limitSeconds = 900;

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
    hasOwnDisk(names.indexOf(name)) ? { diskMiB: 6000 } : isBare ? {} : { layer },
  );
  await Promise.all(hosts.map((host) => countKubeadm(host.name)));
  return hosts;
}

interface Striking {
  scenario: Scenario;
  kha: Kha;
  hosts: LabHost[];
  resets: Map<string, number>;
  tell: (line: string) => void;
  over: AbortSignal;
}

/** Lets all faults strike at their time. `before`: those that precede the operation have struck. `mended`: none is at work. */
function strikeAll({ scenario, kha, hosts, resets, tell, over }: Striking) {
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

interface Operating {
  kha: Kha;
  scenario: Scenario;
  hosts: LabHost[];
  outcome: Outcome;
  tell: (line: string) => void;
  mended: () => Promise<boolean>;
}

/** Does what an operator does who has read the docs: starts, watches, says retry once the cause is gone. */
function createOperator({ kha, scenario, hosts, outcome, tell, mended }: Operating) {
  const { masters, workers } = scenario;
  const file = writeClusterFile(kha, { hosts, masters, workers });
  const end = Date.now() + limitSeconds * 1000;
  const startOnce = (): Promise<Ended> => {
    outcome.starts++;
    return kha.run('start-workflow', 'init-cluster', '-f', file, '--accept-changes');
  };
  const goOn = async (first: Ended): Promise<void> => {
    let ended = first;
    while (ended.code !== 0) {
      const reason = ended.stderr.trim().split('\n')[0] ?? '';
      if (Date.now() > end) throw new Error(`not done after ${limitSeconds} s\n${ended.stderr}`);
      if (ended.code === 2) throw new Error(ended.stderr);
      if (ended.code === 7) {
        tell(`parked: ${reason}`);
        await mended();
        const { code } = await kha.run('retry', 'demo', '--all');
        if (code === 0) outcome.retries++;
        // The look that comes next must not find what is parked still.
        await waitUntil(() => false, 1);
      } else if (ended.code === 6 || ended.code === 3) {
        tell(`ended: ${reason}`);
        await mended();
        ended = await startOnce();
        continue;
      } else if (ended.code !== 255) {
        tell(`exit code ${ended.code}: ${reason}`);
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
