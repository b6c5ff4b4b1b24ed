import type { Preview, PreviewTask } from '../../activities/preview.ts';
import type { PreviewLine } from '../../activities/preview-line.ts';
import type { Paint } from '../colour.ts';
import { diffLines, hunks } from '../output/diff.ts';

/** What a dry run found, host by host: what would change, with differences of contents, and in numbers what would not. */
export function previewLines(preview: Preview, paint: Paint): string[] {
  const lines: string[] = [];
  const looked = new Map(preview.tasks.map((t) => [t.id, t]));
  const work = preview.plan.tasks.filter((t) => !t.gate);
  const hosts = [...new Set(work.map((t) => t.host))];
  for (const host of hosts) {
    const tasks = work.filter((t) => t.host === host && t.skip === undefined);
    lines.push('', paint('bold', host));
    for (const task of tasks) {
      const seen = looked.get(task.id);
      if (seen) lines.push(...taskLines(task.title, seen, paint));
      else lines.push(`  ${paint('cyan', '?')} ${task.title}  ${paint('dim', 'decides on the host, when it runs')}`);
    }
  }
  const all = preview.tasks.flatMap((t) => t.lines);
  const count = (outcome: PreviewLine['outcome']): number => all.filter((l) => l.outcome === outcome).length;
  const differing = count('differs');
  const blocking = count('blocks');
  if (blocking > 0)
    lines.push('', `${paint('red', '!')} ${blocking} ${blocking === 1 ? 'thing' : 'things'} would hold it up.`);
  lines.push(
    '',
    differing + blocking === 0
      ? `${paint('green', '=')} Nothing differs in ${all.length} things that were looked at.`
      : `${paint('yellow', '~')} ${differing} of ${all.length} things that were looked at would change. Nothing was changed.`,
  );
  return lines;
}

function taskLines(title: string, task: PreviewTask, paint: Paint): string[] {
  const differing = task.lines.filter((l) => l.outcome !== 'same');
  const same = task.lines.length - differing.length;
  if (task.lines.length > 0 && differing.every((l) => l.outcome === 'told'))
    return [
      `  ${paint('green', '=')} ${title}${same > 0 ? paint('dim', `  ${same} as they shall be`) : ''}`,
      ...differing.flatMap((line) => effectLines(line, paint)),
    ];
  if (differing.length === 0) return [`  ${paint('green', '=')} ${title}  ${paint('dim', `${same} as they shall be`)}`];
  return [
    `  ${paint('yellow', '~')} ${title}${same > 0 ? paint('dim', `  ${same} more as they shall be`) : ''}`,
    ...differing.flatMap((line) => effectLines(line, paint)),
  ];
}

function effectLines(line: PreviewLine, paint: Paint): string[] {
  if (line.outcome === 'blocks')
    return [
      `    ${paint('red', '!')} ${line.title}  ${line.state}`,
      ...(line.hint === undefined ? [] : [`        ${paint('cyan', '→')} ${line.hint}`]),
    ];
  if (line.outcome === 'told') return [`    ${paint('yellow', '!')} ${line.title}  ${line.state}`.trimEnd()];
  const lines = [`      ${line.title}  ${paint('dim', `now: ${line.state || 'absent'}`)}`];
  if (line.after === undefined) return lines;
  for (const part of hunks(diffLines(line.before ?? '', line.after))) {
    if (part === '…') lines.push(paint('dim', '        …'));
    else {
      const text = `      ${part.sign} ${part.text}`;
      lines.push(
        part.sign === '+' ? paint('green', text) : part.sign === '-' ? paint('red', text) : paint('dim', text),
      );
    }
  }
  return lines;
}
