import { briefly } from '../formats/labelled-lines.ts';
import type { Progress, TaskState } from './protocol.ts';
import { waitsFor, waitText } from './waits-for.ts';

const marks: Record<TaskState, string> = {
  waiting: '·',
  running: '▶',
  changed: '✔',
  unchanged: '=',
  skipped: '–',
  parked: '✋',
  asking: '❓',
  holding: '⏸',
};

const FENCE = '~~~~~~~~~~';

/** Time of day in UTC. */
const clockOf = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)}Z`;

const dateOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;

/** The operation as Markdown for the Web UI: a table of hosts, and what is parked and how to go on. At most 20,000 bytes. */
export function detailsOf(progress: Progress): string {
  const hosts = [...new Set(progress.tasks.map((t) => t.host))];
  const count = (state: TaskState): number => progress.tasks.filter((t) => t.state === state).length;
  const lines = [
    `**${progress.operation}** on **${progress.cluster}**: ${waitText(waitsFor(progress)) ?? progress.phase}`,
    '',
    `${count('changed')} changed, ${count('unchanged')} unchanged, ${count('skipped')} skipped, ${count('running')} running, ${count('parked')} parked, ${count('asking')} for an approval, ${count('holding')} held, ${count('waiting')} waiting`,
    '',
  ];
  lines.push(...gatesOf(progress));
  const parked = progress.tasks.filter((t) => t.state === 'parked');
  for (const t of parked.slice(0, 10)) {
    const since = t.endedAt === undefined ? '' : ` since ${clockOf(t.endedAt)}`;
    lines.push(`### ✋ ${t.id}: parked${since}`, t.failure?.message ?? '');
    if (t.failure?.hint) lines.push('', t.failure.hint);
    // A fence of this length is in no output of a program.
    if (t.failure && t.failure.lastLines.length > 0) lines.push(FENCE, ...briefly(t.failure.lastLines, 4), FENCE);
    lines.push(
      '',
      t.gate
        ? `the signal \`approve\` or \`reject\` with the input \`"${t.id}"\`, or \`retry\` to ask once more`
        : `\`kha retry ${progress.cluster} ${t.id}\`, \`kha skip …\` or \`kha abort …\`; or the signal \`retry\` or \`skip\` with the input \`"${t.id}"\``,
      '',
    );
  }
  if (parked.length > 10) lines.push(`${parked.length - 10} more are parked.`, '');
  const warned = progress.tasks.filter((t) => t.warnings);
  for (const { id, warnings = [] } of warned.slice(0, 10))
    lines.push(`**${id}**`, '', ...warnings.slice(0, 10).map((text) => `- ${text}`), '');
  if (progress.said.length > 0) lines.push('**Said**', '');
  for (const { at, by, text, heeded } of progress.said.slice(-5))
    lines.push(`- ${clockOf(at)}${by === undefined ? '' : ` ${by}`}: ${heeded ? '' : '**not heeded:** '}${text}`);
  if (progress.said.length > 0) lines.push('');
  lines.push('| host | steps |', '|---|---|');
  for (const host of hosts.slice(0, 100)) {
    const tasks = progress.tasks.filter((t) => t.host === host);
    lines.push(`| ${host} | ${tasks.map((t) => `${marks[t.state]} ${t.step}`).join(' ')} |`);
  }
  if (hosts.length > 100) lines.push(`| … | ${hosts.length - 100} more hosts |`);
  const text = lines.join('\n');
  return text.length > 16_000 ? `${text.slice(0, 16_000)}\n…` : text;
}

/** What waits for a person or a window: what, where, why, since and until when, and how to answer from here. */
function gatesOf({ tasks, cluster }: Progress): string[] {
  const open = tasks.filter((t) => t.state === 'asking' || t.state === 'holding');
  const lines: string[] = [];
  for (const { id, state, startedAt, detail, gate } of open.slice(0, 10)) {
    if (!gate) continue;
    const hosts = `${gate.hosts.slice(0, 20).join(', ')}${gate.hosts.length > 20 ? ` and ${gate.hosts.length - 20} more` : ''}`;
    const until = gate.until === undefined ? '' : `, until ${dateOf(gate.until)}`;
    const then = state === 'asking' && gate.until !== undefined ? `, then: ${gate.outcome ?? 'park'}` : '';
    lines.push(
      `### ${marks[state]} ${id}: ${state === 'asking' ? 'waits for an approval' : 'waits for its maintenance window'}`,
      '',
      `- wants: ${gate.what.join(', ')}`,
      `- on: ${hosts}`,
      `- why: ${[gate.why, detail].filter(Boolean).join(' ')}`,
      `- since ${startedAt === undefined ? '?' : dateOf(startedAt)}${until}${then}`,
      '',
      `Send the signal or update \`approve\`${state === 'asking' ? ' or `reject`' : ''} with the input \`{"gate": "${id}", "reason": "…", "by": "…"}\`; or \`kha approve ${cluster} ${id} --reason …\``,
      '',
    );
  }
  if (open.length > 10) lines.push(`${open.length - 10} more gates wait.`, '');
  return lines;
}
