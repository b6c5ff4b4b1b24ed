import type { Progress, TaskState } from './protocol.ts';

const marks: Record<TaskState, string> = {
  waiting: '·',
  running: '▶',
  changed: '✔',
  unchanged: '=',
  skipped: '–',
  parked: '✋',
};

/** The operation as Markdown for the Web UI: a table of hosts, and what is parked and how to go on. At most 20,000 bytes. */
export function detailsOf(progress: Progress): string {
  const hosts = [...new Set(progress.tasks.map((t) => t.host))];
  const count = (state: TaskState): number => progress.tasks.filter((t) => t.state === state).length;
  const lines = [
    `**${progress.operation}** on **${progress.cluster}**: ${progress.phase}`,
    '',
    `${count('changed')} changed, ${count('unchanged')} unchanged, ${count('skipped')} skipped, ${count('running')} running, ${count('parked')} parked, ${count('waiting')} waiting`,
    '',
  ];
  const parked = progress.tasks.filter((t) => t.state === 'parked');
  for (const t of parked.slice(0, 10)) {
    lines.push(`### ✋ ${t.id}`, t.failure?.message ?? '', ...(t.failure?.hint ? ['', t.failure.hint] : []));
    if (t.failure && t.failure.lastLines.length > 0) lines.push('```', ...t.failure.lastLines.slice(-12), '```');
    lines.push(`\`kha retry ${progress.cluster} ${t.id}\`, \`kha skip …\` or \`kha abort …\``, '');
  }
  lines.push('| host | steps |', '|---|---|');
  for (const host of hosts.slice(0, 100)) {
    const tasks = progress.tasks.filter((t) => t.host === host);
    lines.push(`| ${host} | ${tasks.map((t) => `${marks[t.state]} ${t.step}`).join(' ')} |`);
  }
  if (hosts.length > 100) lines.push(`| … | ${hosts.length - 100} more hosts |`);
  const text = lines.join('\n');
  return text.length > 19_000 ? `${text.slice(0, 19_000)}\n…` : text;
}
