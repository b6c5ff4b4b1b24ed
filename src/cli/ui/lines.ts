import { briefly } from '../../formats/labelled-lines.ts';
import type { Progress, Said, TaskView } from '../../workflows/protocol.ts';
import type { Paint } from '../colour.ts';
import { timeOfDay, took } from '../output/time.ts';
import { gateCommands, gateFacts } from './gate-lines.ts';
import { marks, phaseText } from './marks.ts';

/** What happened between two looks, one line each with its time; for logs and pipes. */
export function changeLines(before: Progress | undefined, after: Progress, now: number, paint: Paint): string[] {
  const lines: string[] = [];
  const at = (ms: number | undefined): string => paint('dim', timeOfDay(ms ?? now));
  if (before?.phase !== after.phase || before.stopping !== after.stopping)
    lines.push(`${at(now)} ${after.cluster}: ${phaseText(after)}`);
  const old = new Map(before?.tasks.map((t) => [t.id, t]));
  const news = after.tasks
    .filter((t) => isNews(old.get(t.id), t))
    .map((task) => ({ task, time: task.endedAt ?? task.startedAt ?? now }))
    .sort((a, b) => a.time - b.time);
  const known = new Set(before?.said.map((s) => `${s.at} ${s.text}`));
  for (const said of after.said)
    if (!known.has(`${said.at} ${said.text}`)) lines.push(paint(said.heeded ? 'dim' : 'yellow', spokenWord(said)));
  for (const { task } of news) lines.push(...taskNews(task, { cluster: after.cluster, now, at, paint }));
  return lines;
}

/** `14:25:20 anna@desk: retry of etcd/m1`. */
export const spokenWord = ({ at, by, text, heeded }: Said): string =>
  `${timeOfDay(at)} ${by ?? 'somebody'}: ${heeded ? text : `not heeded: ${text}`}`;

function isNews(before: TaskView | undefined, after: TaskView): boolean {
  // What is skipped by plan, and what waits, is no event.
  if (after.state === 'waiting' || (after.state === 'skipped' && after.startedAt === undefined)) return false;
  return before?.state !== after.state || before.round !== after.round;
}

interface Telling {
  cluster: string;
  now: number;
  at: (ms?: number) => string;
  paint: Paint;
}

function taskNews(task: TaskView, { cluster, now, at, paint }: Telling): string[] {
  const { mark, style, word } = marks[task.state];
  const who = `${paint(style, mark)} ${task.id}`;
  if (task.state === 'running') return [`${at(task.startedAt)} ${who}: ${task.title}`];
  if (task.state === 'parked') {
    const { failure } = task;
    return [
      `${at(task.endedAt)} ${who}: ${paint('yellow', `parked: ${failure?.message ?? 'no reason is known'}`)}`,
      ...briefly(failure?.lastLines ?? [], 8).map((line) => `         │ ${line}`),
      ...(failure?.hint === undefined ? [] : [`         → ${failure.hint}`]),
      ...(task.gate ? gateCommands(task, cluster) : [`kha retry ${cluster} ${task.id}`]).map(
        (l) => `         then: ${l}`,
      ),
    ];
  }
  if (task.state === 'asking' || task.state === 'holding')
    return [
      `${at(task.startedAt)} ${who}: ${paint(style, word)}`,
      ...gateFacts(task, now).map(([name, text]) => `         ${name}: ${text}`),
      ...gateCommands(task, cluster).map((line) => `         then: ${line}`),
    ];
  const time =
    task.startedAt !== undefined && task.endedAt !== undefined ? ` in ${took(task.endedAt - task.startedAt)}` : '';
  return [
    `${at(task.endedAt)} ${who}: ${word}${time}${task.detail ? `: ${task.detail}` : ''}`,
    ...(task.warnings ?? []).map((text) => `         ${paint('yellow', `! ${text}`)}`),
  ];
}
