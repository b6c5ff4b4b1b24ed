import stringWidth from 'string-width';
import { briefly, isLabel } from '../../formats/labelled-lines.ts';
import { isOver } from '../../workflows/board.ts';
import type { Progress, Said, TaskState, TaskView } from '../../workflows/protocol.ts';
import type { Paint } from '../colour.ts';
import { column, fit, wrap } from '../output/fit.ts';
import { clock, took } from '../output/time.ts';
import { gateCommands, gateFacts } from './gate-lines.ts';
import { spokenWord } from './lines.ts';
import { counts, type HostView, hostsOf, marks, phaseText } from './marks.ts';

export interface FrameOptions {
  /** Columns of the terminal. */
  width: number;
  /** Lines that may be used; absent: as many as it takes. */
  height?: number;
  /** ms since the epoch. */
  now: number;
  paint: Paint;
}

type Detail = 'all' | 'open' | 'line';

/** What needs eyes, the most urgent first. */
const OPEN: readonly TaskState[] = ['parked', 'asking', 'running', 'holding'];

/**
 * The whole picture of an operation as lines, none wider than `width`: a head with a bar, then each host with its tasks. With
 * too little height finished tasks are folded first, then hosts; what is parked is shown last of all to be left out.
 */
export function frame(progress: Progress, options: FrameOptions): string[] {
  const head = headOf(progress, options);
  const hosts = hostsOf(progress.tasks);
  const foot = saidLines(progress, options);
  const room = (options.height ?? Number.POSITIVE_INFINITY) - head.length - foot.length;
  for (const detail of ['all', 'open', 'line'] as const) {
    const body = hosts.flatMap((host) => hostLines(host, detail, progress, options));
    if (body.length <= room) return [...head, ...body, ...foot];
  }
  return [...head, ...folded(hosts, Math.max(1, room), progress, options), ...foot];
}

/** What people said lately, and what of it was not heeded. */
function saidLines({ said }: Progress, { width, height, paint }: FrameOptions): string[] {
  const most = height === undefined ? 8 : height > 20 ? 2 : 0;
  if (most === 0 || said.length === 0) return [];
  const lines = (s: Said): string[] =>
    height === undefined ? wrap(spokenWord(s), width) : [fit(spokenWord(s), width)];
  return ['', ...said.slice(-most).flatMap((s) => lines(s).map((l) => paint(s.heeded ? 'dim' : 'yellow', l)))];
}

function headOf(progress: Progress, { width, now, paint }: FrameOptions): string[] {
  const n = counts(progress.tasks);
  const over = n.changed + n.unchanged + n.skipped;
  const total = progress.tasks.length;
  const right = clock((endOf(progress) ?? now) - progress.startedAt);
  const title = fit(`${progress.operation} · ${progress.cluster}`, width - right.length - 1);
  const room = width - stringWidth(title) - right.length - 2;
  const long = `· ${phaseText(progress)}`;
  const phase = fit(stringWidth(long) <= room ? long : `· ${phaseText(progress, { times: false })}`, room);
  const gap = ' '.repeat(Math.max(1, width - stringWidth(title) - stringWidth(phase) - (phase ? 1 : 0) - right.length));
  const tone = progress.phase === 'aborted' ? 'red' : 'dim';
  const first = `${paint('bold', title)}${phase && ` ${paint(tone, phase)}`}${gap}${right}`;
  if (total === 0) return [first, ''];
  const parts = [
    `${over} of ${total}`,
    ...(n.running > 0 ? [`${n.running} running`] : []),
    ...(n.parked > 0 ? [`${n.parked} parked`] : []),
    ...(n.asking > 0 ? [`${n.asking} for you to approve`] : []),
    ...(n.holding > 0 ? [`${n.holding} held`] : []),
    ...(n.waiting > 0 ? [`${n.waiting} waiting`] : []),
  ];
  const numbers = fit(parts.join(' · '), width);
  const barWidth = Math.min(40, width - stringWidth(numbers) - 2);
  const filled = Math.floor((over / total) * barWidth);
  const bar =
    barWidth >= 8 ? `${paint('green', '━'.repeat(filled))}${paint('dim', '─'.repeat(barWidth - filled))}  ` : '';
  return [first, `${bar}${numbers}`, ''];
}

/** When it ended, where it did. */
function endOf(progress: Progress): number | undefined {
  if (progress.phase !== 'done' && progress.phase !== 'aborted') return undefined;
  const ends = progress.tasks.flatMap((t) => (t.endedAt === undefined ? [] : [t.endedAt]));
  return ends.length > 0 ? Math.max(...ends) : undefined;
}

function hostLines(host: HostView, detail: Detail, progress: Progress, options: FrameOptions): string[] {
  const { width, paint } = options;
  const marked = {
    parked: marks.parked,
    asking: marks.asking,
    running: marks.running,
    waiting: marks.waiting,
    done: host.tasks.some((t) => t.state === 'changed') ? marks.changed : marks.unchanged,
  }[host.state];
  const name = column(host.host, Math.min(Math.max(6, stringWidth(host.host)), width - 12));
  const count = `${host.done}/${host.tasks.length}`.padStart(6);
  const label = `${paint(marked.style, marked.mark)} ${paint('bold', name)}${count}`;
  const current = OPEN.map((state) => host.tasks.find((t) => t.state === state)).find((t) => t !== undefined);
  if (detail === 'line') {
    const rest = width - 2 - stringWidth(name) - count.length - 2;
    return [`${label}${current ? `  ${summaryOf(current, rest, options)}` : ''}`];
  }
  const shown = detail === 'all' ? host.tasks : host.tasks.filter((t) => OPEN.includes(t.state) || t.warnings);
  return [label, ...shown.flatMap((task) => taskLines(task, progress, options))];
}

/** One task within a width: title and clock. */
function summaryOf(task: TaskView, width: number, { now, paint }: FrameOptions): string {
  const elapsed = task.startedAt === undefined ? '' : ` ${clock((task.endedAt ?? now) - task.startedAt)}`;
  const time = width - elapsed.length < 4 ? '' : elapsed;
  const what = task.state === 'parked' ? `parked: ${task.title}: ${task.failure?.message ?? ''}` : task.title;
  const text = fit(what, width - time.length);
  return `${task.state === 'parked' || task.state === 'asking' ? paint('yellow', text) : text}${paint('dim', time)}`;
}

function taskLines(task: TaskView, progress: Progress, options: FrameOptions): string[] {
  const { width, now, paint } = options;
  const { mark, style } = marks[task.state];
  const indent = 4;
  const time = timeOf(task, now);
  const room = width - indent - 2;
  const longest = Math.max(...progress.tasks.map((t) => stringWidth(t.title)));
  const titleWidth = Math.max(1, Math.min(longest, 44, room - 8));
  const detailWidth = room - titleWidth - 10;
  const detail =
    task.state === 'waiting'
      ? waitsFor(task, progress)
      : isOpenGate(task) || task.state === 'parked'
        ? ''
        : task.detail;
  const title =
    task.state === 'waiting' ? paint('dim', column(task.title, titleWidth)) : column(task.title, titleWidth);
  const line =
    `${' '.repeat(indent)}${paint(style, mark)} ${title}${time.padStart(8).replace(time, (t) => paint(task.state === 'running' ? 'cyan' : 'dim', t))}` +
    (detailWidth >= 8 && detail ? `  ${paint('dim', fit(detail, detailWidth))}` : '');
  return [
    line.trimEnd(),
    ...warningLines(task, options),
    ...(task.state === 'parked' ? parkedLines(task, progress, options) : []),
    ...(isOpenGate(task) ? gateLines(task, progress, options) : []),
  ];
}

/** What a person should look at; on a terminal that shows other hosts too a line each. */
function warningLines({ warnings = [] }: TaskView, { width, height, paint }: FrameOptions): string[] {
  const room = Math.max(10, width - 8);
  return warnings.flatMap((text) =>
    (height === undefined ? wrap(text, room) : [fit(text, room)]).map(
      (line, i) => `      ${paint('yellow', `${i === 0 ? '!' : ' '} ${line}`)}`,
    ),
  );
}

/** The tasks that must be over before this one starts. */
function waitsFor(task: TaskView, progress: Progress): string {
  const open = task.needs.filter((need) => !progress.tasks.some((t) => t.id === need && isOver(t.state)));
  if (open.length === 0) return '';
  return open.length > 2 ? `waits for ${open[0]} and ${open.length - 1} more` : `waits for ${open.join(', ')}`;
}

function timeOf(task: TaskView, now: number): string {
  if (task.startedAt === undefined) return '';
  if (task.state === 'running' || task.state === 'parked' || isOpenGate(task))
    return clock((task.endedAt ?? now) - task.startedAt);
  return isOver(task.state) && task.endedAt !== undefined ? took(task.endedAt - task.startedAt) : '';
}

const isOpenGate = ({ state }: TaskView): boolean => state === 'asking' || state === 'holding';

/** What a gate waits for, and what to type. */
function gateLines(task: TaskView, { cluster, phase }: Progress, { width, now, paint }: FrameOptions): string[] {
  if (phase === 'aborted') return [];
  const label = 7;
  const room = Math.max(10, width - 6 - label);
  const told = gateFacts(task, now).flatMap(([name, text]) =>
    wrap(text, room).map((line, i) => `${paint('dim', (i === 0 ? name : '').padEnd(label))}${paint('yellow', line)}`),
  );
  const then = gateCommands(task, cluster).map((line) => `${paint('dim', 'then'.padEnd(label))}${fit(line, room)}`);
  return [...told, ...then].map((line) => `${' '.repeat(6)}${line}`);
}

/** Why a task is parked, since when, and what to type. */
function parkedLines(task: TaskView, progress: Progress, { width, height, now, paint }: FrameOptions): string[] {
  const isOpen = progress.phase !== 'aborted';
  const indent = ' '.repeat(6);
  const room = Math.max(10, width - indent.length - 2);
  const { failure } = task;
  const since = task.endedAt === undefined || !isOpen ? '' : ` (parked for ${clock(now - task.endedAt)})`;
  const lines = wrap(`${failure?.message ?? 'no reason is known'}${since}`, room).map((l) => paint('yellow', l));
  // On a terminal that shows other hosts too a line has its share; where there is room the whole of it is told.
  const isWhole = height === undefined;
  const all = failure?.lastLines ?? [];
  for (const last of isWhole ? all : briefly(all, 2).slice(-8))
    for (const part of wrap(last, room - 2).slice(0, isWhole ? undefined : 2))
      lines.push(`${paint('dim', '│')} ${isLabel(last) ? paint('bold', part) : paint('dim', part)}`);
  if (failure?.hint !== undefined) lines.push(...wrap(`→ ${failure.hint}`, room).map((l) => paint('cyan', l)));
  if (isOpen && task.gate) return [...lines, ...gateCommands(task, progress.cluster)].map((l) => `${indent}${l}`);
  if (isOpen) lines.push(`${paint('dim', 'then:')} ${fit(`kha retry ${progress.cluster} ${task.id}`, room - 6)}`);
  return lines.map((l) => `${indent}${l}`);
}

/** Too many hosts for a line each: those that need eyes first, the rest in numbers. */
function folded(hosts: HostView[], room: number, progress: Progress, options: FrameOptions): string[] {
  const rank = { parked: 0, asking: 1, running: 2, waiting: 3, done: 4 };
  const sorted = [...hosts].sort((a, b) => rank[a.state] - rank[b.state]);
  const shown = sorted.slice(0, room - 1).flatMap((host) => hostLines(host, 'line', progress, options));
  const left = sorted.slice(room - 1);
  const count = (state: HostView['state']): number => left.filter((h) => h.state === state).length;
  const words = (['parked', 'asking', 'running', 'waiting', 'done'] as const)
    .filter((state) => count(state) > 0)
    .map((state) => `${count(state)} ${state}`);
  return [...shown, options.paint('dim', fit(`… ${left.length} more hosts: ${words.join(', ')}`, options.width))];
}
