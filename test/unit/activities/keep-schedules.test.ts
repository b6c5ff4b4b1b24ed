import { beforeEach, expect, it } from 'vitest';
import { forgetSchedules, keepSchedules } from '../../../src/activities/keep-schedules.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { type DeclaredSchedule, DEFAULTS } from '../../../src/cluster/schedule.ts';
import { goldenCluster } from '../../fakes/cluster.ts';
import { createMemorySchedules } from '../../fakes/memory-schedules.ts';

const declare = (name: string, more: Partial<DeclaredSchedule> = {}): DeclaredSchedule => ({
  ...DEFAULTS,
  name,
  operation: 'init-cluster',
  cron: ['0 3 * * *'],
  timezone: 'UTC',
  options: {},
  ...more,
});

let schedules: ReturnType<typeof createMemorySchedules>;
let cluster: Cluster;
beforeEach(async () => {
  schedules = createMemorySchedules();
  cluster = await goldenCluster('allinone');
});
const keep = (...declared: DeclaredSchedule[]) => keepSchedules(schedules, { ...cluster, schedules: declared });
const names = (): string[] => [...schedules.states.keys()].map((key) => key.replace(/.*\//, '')).sort();
const byHand = (name: string, of = cluster.name): Promise<void> =>
  schedules.put({
    ...declare(name),
    cluster: of,
    options: { onFailure: 'park', ignorePreflightErrors: [] },
    by: 'ann@desk',
  });

it('makes, changes and removes what the file declares, and leaves alone what was made by hand', async () => {
  await byHand('mine');
  await byHand('weekly', 'another');
  expect(await keep(declare('nightly'), declare('weekly', { options: { onFailure: 'abort' } }))).toEqual({
    changed: true,
    detail: 'made nightly, weekly',
  });
  expect(schedules.states.get(`${cluster.name}/weekly`)?.input).toMatchObject({
    declared: true,
    by: 'the cluster file',
    options: { onFailure: 'abort', ignorePreflightErrors: [] },
  });
  expect(await keep(declare('nightly'), declare('weekly', { options: { onFailure: 'abort' } }))).toEqual({
    changed: false,
    detail: 'as declared: nightly, weekly',
  });
  await schedules.pause(cluster.name, 'nightly', 'freeze');
  expect(await keep(declare('nightly', { cron: ['0 5 * * *'] }))).toEqual({
    changed: true,
    detail: 'changed nightly; removed weekly',
  });
  expect(schedules.states.get(`${cluster.name}/nightly`)).toMatchObject({
    paused: true,
    input: { cron: ['0 5 * * *'] },
  });
  expect(await keepSchedules(schedules, cluster)).toEqual({ changed: true, detail: 'removed nightly' });
  expect(await keepSchedules(schedules, cluster)).toEqual({ changed: false, detail: 'the cluster file declares none' });
  expect(names()).toEqual(['mine', 'weekly']);
});

it('takes over one that was made by hand where the file declares its name', async () => {
  await byHand('nightly');
  expect(await keep(declare('nightly'))).toEqual({ changed: true, detail: 'took over nightly' });
  expect(await keep()).toEqual({ changed: true, detail: 'removed nightly' });
});

it('goes on where a worker died on the way', async () => {
  const dies = { ...schedules, list: () => Promise.reject(new Error('this worker is dead')) };
  await expect(keepSchedules(dies, { ...cluster, schedules: [declare('nightly')] })).rejects.toThrow('dead');
  expect(await keep(declare('nightly'))).toEqual({ changed: false, detail: 'as declared: nightly' });
});

it('forgets all of a cluster that is no more, and ends what waits', async () => {
  await byHand('mine');
  await byHand('theirs', 'another');
  await keep(declare('nightly'));
  schedules.calls.length = 0;
  await forgetSchedules(schedules, cluster.name);
  await forgetSchedules(schedules, cluster.name);
  expect([...schedules.states.keys()]).toEqual(['another/theirs']);
  expect(schedules.calls).toContain(`cancel ${cluster.name}/*`);
});
