import { expect, it } from 'vitest';
import type { Progress, TaskState, TaskView } from '../../../src/workflows/protocol.ts';
import { isStuck, waitsFor, waitText } from '../../../src/workflows/waits-for.ts';

const T0 = Date.UTC(2026, 10, 27, 7, 12, 30);
const HOUR = 3_600_000;

const view = (id: string, state: TaskState, more: Partial<TaskView> = {}): TaskView => {
  const [step = '', host = ''] = id.split('/');
  return { id, step, host, title: step, state, needs: [], round: 0, ...more };
};
const gate = (id: string, state: TaskState, kind: 'approval' | 'window' = 'approval', more: object = {}): TaskView => {
  const host = id.split('/')[1] ?? '';
  return view(id, state, { startedAt: T0, gate: { kind, hosts: [host], what: ['Reboot'], why: 'Why.', ...more } });
};
const progress = (tasks: TaskView[], more: Partial<Progress> = {}): Progress => ({
  operation: 'reboot',
  cluster: 'demo',
  phase: 'tasks',
  startedAt: T0,
  stopping: false,
  tasks,
  lanes: [],
  said: [],
  ...more,
});
const text = (tasks: TaskView[], more: Partial<Progress> = {}): string | undefined =>
  waitText(waitsFor(progress(tasks, more)));

const asking = gate('approve-each-master/m2', 'asking');
const behind = view('drain/m2', 'waiting', { needs: [asking.id] });
const holding = gate('window/w3', 'holding', 'window', { until: T0 + HOUR });
const parked = view('containerd/w1', 'parked', { startedAt: T0, endedAt: T0 + 2 * HOUR });

it('is what stands in the way of all that is left: a person, a window, a repair', () => {
  expect(text([asking, behind])).toBe('waits for approval of each-master/m2 since 2026-11-27T07:12Z');
  expect(text([holding])).toBe('waits for the window of w3 until 2026-11-27T08:12Z');
  expect(text([parked])).toBe('waits for the repair of containerd/w1 since 2026-11-27T09:12Z');
  expect(text([gate('approve-reboot/m2', 'parked')])).toBe('waits for approval of reboot/m2 since 2026-11-27T07:12Z');
});

it('is told of several at once, with the earliest time, and of many by their number', () => {
  const later = gate('approve-each-master/m3', 'asking', 'approval', {});
  expect(text([{ ...later, startedAt: T0 + HOUR }, asking, parked])).toBe(
    'waits for approval of each-master/m3, each-master/m2 since 2026-11-27T07:12Z, and for the repair of containerd/w1 since 2026-11-27T09:12Z',
  );
  const many = ['w1', 'w2', 'w3', 'w4'].map((w) => gate(`approve-reboot/${w}`, 'asking'));
  expect(waitText(waitsFor(progress(many)), { times: false })).toBe(
    'waits for approval of reboot/w1, reboot/w2 and 2 more',
  );
});

it('is nothing while anything goes on, or is about to', () => {
  expect(text([asking, behind, view('etcd/m1', 'running')])).toBeUndefined();
  expect(
    text([asking, view('etcd/m1', 'waiting', { needs: ['base/m1'] }), view('base/m1', 'changed')]),
  ).toBeUndefined();
  expect(text([asking], { stopping: true })).toBeUndefined();
  for (const phase of ['restore', 'tidy', 'done', 'aborted'] as const)
    expect(text([asking], { phase })).toBeUndefined();
  expect(text([view('gather-facts/m1', 'waiting'), view('gather-facts/m2', 'parked')], { phase: 'facts' })).toBe(
    undefined,
  );
});

it('is a corrected file that can not be planned, and none of the former plan while one is made', () => {
  expect(text([parked, asking], { phase: 'plan' })).toBeUndefined();
  const unplannable = progress([view('make-plan/demo', 'parked', { endedAt: T0 })], { phase: 'plan' });
  expect(waitText(waitsFor(unplannable))).toBe('waits for the repair of make-plan/demo since 2026-11-27T07:12Z');
  expect(isStuck(unplannable)).toBe(true);
});

it('needs a person only where no window opens by itself', () => {
  expect(isStuck(progress([asking, behind]))).toBe(true);
  expect(isStuck(progress([asking, holding]))).toBe(false);
  expect(isStuck(progress([holding]))).toBe(false);
  expect(isStuck(progress([view('etcd/m1', 'running')]))).toBe(false);
});
