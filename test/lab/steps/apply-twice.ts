import { lookAt } from '../../../src/activities/preview.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import { readReports } from '../../../src/graph/effects/compile.ts';
import type { Effect } from '../../../src/graph/effects/registry.ts';
import { sh } from '../../../src/formats/sh.ts';
import type { Task } from '../../../src/graph/task.ts';
import type { Drive } from './drive.ts';
import { certificateModes, contradictions, declaredModes, scopeOf, unannounced } from './evidence.ts';
import { differences, type HostState, parseState, touchedScript } from './host-state.ts';
import { mortalPorts } from './mortal-ports.ts';

const allEffects = (drive: Drive): Effect[] => drive.plan.tasks.flatMap((task) => drive.effectsOf(task));

async function stateOf(drive: Drive, host: string): Promise<HostState> {
  const { connection } = hostNamed(drive.cluster, host);
  const { stdout } = await drive.ports
    .ssh(drive.cluster.name)
    .exec(connection, touchedScript(scopeOf(allEffects(drive))), { maxBytes: 32 << 20 });
  return parseState(stdout);
}

/** Indexes of the effects that a dry-run says would change. */
async function dryRun(drive: Drive, task: Task): Promise<Set<number>> {
  const lines = await lookAt(drive.ports, drive.cluster, task.host, drive.effectsOf(task));
  return new Set(lines.flatMap((line, i) => (line.outcome === 'differs' ? [i] : [])));
}

/** Indexes of the effects that a task brought about, by its own reports. */
async function applied(drive: Drive, task: Task): Promise<Set<number>> {
  let said = '';
  const { ports } = mortalPorts(drive.ports, { onStdout: (text) => (said += text) });
  await drive.attempt(task, { ports });
  return new Set(readReports(said).flatMap((r) => (r.outcome === 'changed' ? [r.index] : [])));
}

/** Scripts that a task ran as remote jobs: all that changes a host is one. */
const jobsDone = async (drive: Drive, task: Task): Promise<number> =>
  (await drive.ports.store.readLog(drive.run)).filter((entry) => entry.task === task.id && !entry.look).length;

/** Where mode or owner of a file is not what its effect, or its certificate, declares. */
async function wrongModes(drive: Drive, task: Task): Promise<string[]> {
  const declared =
    task.activity === 'issueCertificates'
      ? certificateModes(drive.cluster, task.host)
      : declaredModes(drive.effectsOf(task));
  if (declared.size === 0) return [];
  const { connection } = hostNamed(drive.cluster, task.host);
  const script = sh`stat -c '%n %a %U:%G' ${[...declared.keys()]}`;
  const { stdout } = await drive.ports.ssh(drive.cluster.name).exec(connection, script);
  const found = new Set(stdout.split('\n'));
  return [...declared].flatMap(([path, mode]) => (found.has(`${path} ${mode}`) ? [] : [`${path} is not ${mode}`]));
}

/** Does an effect come about before its turn? What is waited for does, and what an installation or a start of the same task brings along. */
const comesBy = (effects: readonly Effect[], index: number, changed: ReadonlySet<number>): boolean =>
  effects[index]?.kind === 'wait' ||
  effects.some((e, i) => i < index && (e.kind === 'package' || e.kind === 'wait') && changed.has(i));

/** Applies a task twice and watches: dry-runs before and after, and the host itself with times and processes. Returns what is wrong, in sentences. */
export async function applyTwice(drive: Drive, task: Task): Promise<string[]> {
  const effects = drive.effectsOf(task);
  const wrong: string[] = [];
  const title = (i: number): string => `effect ${i} (${effects[i]?.kind ?? '?'})`;

  const before = await stateOf(drive, task.host);
  const announced = await dryRun(drive, task);
  const changed = await applied(drive, task);
  const after = await stateOf(drive, task.host);
  // What an activity of its own does is told by its name only.
  if (task.effects !== undefined) {
    const isExplained = (i: number): boolean => comesBy(effects, i, changed);
    for (const i of announced)
      if (!changed.has(i) && !isExplained(i)) wrong.push(`${title(i)}: announced, not changed`);
    for (const i of changed) if (!announced.has(i)) wrong.push(`${title(i)}: changed, not announced`);
    wrong.push(...contradictions(effects, announced, before, after));
    wrong.push(...unannounced(effects, before, after).map((key) => `${key}: changed, not announced`));
  }
  wrong.push(...(await wrongModes(drive, task)));

  for (const i of await dryRun(drive, task)) wrong.push(`${title(i)}: differs after it was applied`);
  const jobs = await jobsDone(drive, task);
  const again = await drive.attempt(task, { issuedAt: Date.now() });
  if (again.changed) wrong.push(`changed again: ${again.detail}`);
  if ((await jobsDone(drive, task)) !== jobs) wrong.push('ran a script although nothing differed');
  wrong.push(...differences(after, await stateOf(drive, task.host), ['after the first time', 'after the second']));
  return wrong;
}
