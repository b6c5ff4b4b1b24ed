import { beforeEach, describe, expect, it } from 'vitest';
import type { ScheduleCreateInput } from '../../../src/cli/commands/schedule.ts';
import { cancel, describe as show, list, pause, remove, resume, trigger } from '../../../src/cli/handlers/schedule.ts';
import { run as create } from '../../../src/cli/handlers/schedule-create.ts';
import { AVAILABLE, isOnSomeHosts } from '../../../src/cluster/available.ts';
import { operations } from '../../../src/operations/registry.ts';
import type { Store } from '../../../src/ports/store.ts';
import { goldenCluster } from '../../fakes/cluster.ts';
import { createMemorySchedules } from '../../fakes/memory-schedules.ts';
import { createMemoryStore } from '../../fakes/memory-store.ts';
import { type FakeContext, fakeContext } from './fake-context.ts';

const NOW = Date.parse('2026-11-27T02:00:00Z');

let store: Store;
let schedules: ReturnType<typeof createMemorySchedules>;
beforeEach(async () => {
  store = createMemoryStore();
  schedules = createMemorySchedules(NOW);
  for (const name of ['demo', 'prod']) {
    const cluster = { ...(await goldenCluster('allinone')), name };
    if (name === 'prod') cluster.system = { ...cluster.system, timezone: 'Europe/Berlin' };
    await store.putCluster({
      name,
      cluster: await store.putObject(cluster),
      createdAt: '',
      updatedAt: '',
      sources: [],
    });
  }
});

const context = (answer?: boolean): FakeContext =>
  fakeContext({ store, schedules, now: NOW, ...(answer === undefined ? {} : { answer }) });

const OPTIONS: ScheduleCreateInput['options'] = {
  cluster: 'demo',
  name: undefined,
  cron: ['0 3 * * *'],
  timezone: undefined,
  jitter: undefined,
  overlap: undefined,
  catchUp: undefined,
  wait: undefined,
  pauseOnFailure: false,
  paused: false,
  replace: false,
  host: [],
  onFailure: undefined,
  ignorePreflightErrors: [],
  approveBefore: [],
  approvalExpires: undefined,
  approvalOutcome: undefined,
  window: [],
  drain: [],
  within: undefined,
  certificate: [],
  maxUnavailable: undefined,
  kernel: undefined,
  only: [],
  skipSteps: [],
  output: undefined,
};
const make = async (
  more: Partial<ScheduleCreateInput['options']> = {},
  operation = 'init-cluster',
): Promise<FakeContext> => {
  const asked = context();
  await create(asked, { args: { operation }, options: { ...OPTIONS, ...more } });
  return asked;
};
const one = (schedule: string, cluster?: string) => ({
  args: { schedule },
  options: { cluster, reason: undefined, output: undefined, yes: false },
});

describe('kha schedule create', () => {
  it('keeps what was said, with good defaults, and shows the next times', async () => {
    const { out, talk } = await make();
    expect(schedules.states.get('demo/init-cluster')?.input).toEqual({
      name: 'init-cluster',
      cluster: 'demo',
      operation: 'init-cluster',
      cron: ['0 3 * * *'],
      timezone: 'UTC',
      jitterSeconds: 0,
      overlap: 'skip',
      catchUpSeconds: 43_200,
      waitSeconds: 43_200,
      pauseOnFailure: false,
      options: { onFailure: 'park', ignorePreflightErrors: [] },
      by: 'anna@desk',
    });
    expect(talk.join('\n')).toContain('init-cluster on demo comes back by its schedule init-cluster');
    expect(out.join('\n')).toContain('2026-11-27 03:00 UTC  in 1h');
  });

  it('takes every flag, and the time zone of the cluster', async () => {
    await make({
      cluster: 'prod',
      name: 'weekly',
      cron: ['0 3 * * SAT', '0 5 * * SUN'],
      jitter: '10m',
      overlap: 'buffer-one',
      catchUp: '1h',
      wait: '2h30m',
      pauseOnFailure: true,
      paused: true,
      onFailure: 'abort',
      only: ['base-system'],
    });
    expect(schedules.states.get('prod/weekly')).toMatchObject({
      paused: true,
      input: {
        cron: ['0 3 * * SAT', '0 5 * * SUN'],
        timezone: 'Europe/Berlin',
        jitterSeconds: 600,
        overlap: 'buffer-one',
        catchUpSeconds: 3600,
        waitSeconds: 9000,
        pauseOnFailure: true,
        options: { onFailure: 'abort', ignorePreflightErrors: [], only: ['base-system'] },
      },
    });
  });

  it('takes what the operation understands, on some hosts where it can be', async () => {
    const { out } = await make({ within: '45d', certificate: ['apiserver'], host: ['node1'] }, 'renew-certificates');
    expect(schedules.states.get('demo/renew-certificates')?.input.options).toEqual({
      onFailure: 'park',
      ignorePreflightErrors: [],
      targets: ['node1'],
      renewal: { withinMs: 45 * 86_400_000, certificates: ['apiserver'] },
    });
    expect(out.join('\n')).toContain('hosts=node1 within=45d certificates=apiserver onFailure=park');
    for (const more of [{ host: ['m9'] }, { certificate: ['no-such'] }, { within: 'soon' }])
      await expect(make({ ...more, replace: true }, 'renew-certificates')).rejects.toMatchObject({ code: 'KHA1001' });
  });

  it.each([
    ['no cron', { cron: [] }, 'KHA1001', 'needs to know when'],
    ['a bad cron', { cron: ['0 25 * * *'] }, 'KHA1001', '--cron "0 25 * * *" has "25" as its hour'],
    ['a bad time zone', { timezone: 'Berlin' }, 'KHA1001', '--timezone must be a time zone of the tz database'],
    ['a bad duration', { wait: 'long' }, 'KHA1001', '--wait must be a duration'],
    ['a bad name', { name: 'a/b' }, 'KHA1001', '--name must be'],
    ['hosts where it is for all', { host: ['m1'] }, 'KHA1001', 'for all hosts'],
    ['a step that it has not', { only: ['drain'] }, 'KHA1001', 'has no step drain'],
    ['a cluster that nobody knows', { cluster: 'nope' }, 'KHA1002', 'no cluster nope'],
  ])('refuses %s before anything is made', async (_, more, code, message) => {
    await expect(make(more)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    expect(schedules.calls).toEqual([]);
  });

  it('refuses operations that a person starts', async () => {
    for (const operation of ['reset-cluster', 'recover-cluster', 'remove-node', 'add-worker', 'remove-master'])
      await expect(make({}, operation)).rejects.toMatchObject({
        code: 'KHA1042',
        hint: expect.stringContaining('init-cluster') as string,
      });
    await expect(make({}, 'no-such')).rejects.toMatchObject({ code: 'KHA1103' });
  });

  it('changes one that is there only where that was asked for', async () => {
    await make();
    await expect(make({ cron: ['0 5 * * *'] })).rejects.toMatchObject({ code: 'KHA1040' });
    const { talk } = await make({ cron: ['0 5 * * *'], replace: true });
    expect(schedules.states.get('demo/init-cluster')?.input.cron).toEqual(['0 5 * * *']);
    expect(talk.join('\n')).toContain('as it is now');
  });
});

it('operations, cluster files and completion agree on what may be scheduled', () => {
  const some = Object.values(operations).filter((o) => o.scheduled);
  expect(some.map((o) => o.id).sort()).toEqual([...AVAILABLE.scheduled].sort());
  for (const { id, adds, removes, takes, changes, maintains } of some) {
    expect([adds, removes, takes, changes]).toEqual([undefined, undefined, undefined, undefined]);
    expect(isOnSomeHosts(id)).toBe(maintains === true);
  }
});

describe('a schedule that is there', () => {
  beforeEach(async () => {
    await make();
    await make({ cluster: 'prod' });
    await make({ name: 'weekly', overlap: 'buffer-one' });
    schedules.calls.length = 0;
  });

  it('is listed, as a table and for programs', async () => {
    const asked = context();
    await list(asked, { args: { cluster: undefined }, options: { output: undefined, noHeaders: false } });
    expect(asked.out.map((line) => line.replace('GMT+1', 'CET').trimEnd())).toEqual([
      'CLUSTER   NAME           OPERATION      CRON        NEXT                           LAST',
      'demo      init-cluster   init-cluster   0 3 * * *   2026-11-27 03:00 UTC (in 1h)   <none>',
      'prod      init-cluster   init-cluster   0 3 * * *   2026-11-27 04:00 CET (in 1h)   <none>',
      'demo      weekly         init-cluster   0 3 * * *   2026-11-27 03:00 UTC (in 1h)   <none>',
    ]);
    const json = context();
    await list(json, { args: { cluster: 'prod' }, options: { output: 'json', noHeaders: false } });
    expect(JSON.parse(json.out.join('\n'))).toMatchObject({
      kind: 'ScheduleList',
      items: [
        {
          kind: 'Schedule',
          metadata: { name: 'init-cluster', cluster: 'prod', by: 'anna@desk', declared: false },
          spec: { operation: 'init-cluster', cron: ['0 3 * * *'], timezone: 'Europe/Berlin' },
          status: { paused: false, next: ['2026-11-27T03:00:00Z'], started: 0 },
        },
      ],
    });
  });

  it('is named by cluster and name, or by its name alone where one cluster has it', async () => {
    const asked = context();
    await show(asked, one('weekly'));
    expect(asked.out[0]).toContain('demo/weekly: init-cluster on demo');
    await show(context(), one('init-cluster', 'prod'));
    await expect(show(context(), one('init-cluster'))).rejects.toMatchObject({
      code: 'KHA1001',
      hint: 'Name one of: demo/init-cluster, prod/init-cluster.',
    });
    await expect(show(context(), one('demo/yearly'))).rejects.toMatchObject({ code: 'KHA1002' });
  });

  it('tells of its runs, and why one failed', async () => {
    const run = { at: NOW - 7_200_000, workflowId: 'kha/demo/weekly-x', runId: 'r' };
    schedules.change('demo/weekly', {
      recent: [
        { ...run, state: 'waiting' },
        { ...run, state: 'failed', reason: 'there is no cluster demo any more' },
      ],
      counts: { started: 2, missed: 0, skipped: 3 },
    });
    const asked = context();
    await show(asked, one('weekly'));
    const text = asked.out.join('\n');
    expect(text).toContain('2026-11-27 00:00 UTC  waiting');
    expect(text).toContain('failed: there is no cluster demo any more');
    expect(text).toContain('3 left out');
  });

  it('is paused and resumed, with who and why', async () => {
    await pause(context(), { ...one('weekly'), options: { cluster: undefined, reason: 'freeze' } });
    expect(schedules.states.get('demo/weekly')).toMatchObject({ paused: true, note: 'paused by anna@desk: freeze' });
    const asked = context();
    await resume(asked, one('weekly'));
    expect(schedules.states.get('demo/weekly')).toMatchObject({ paused: false, note: 'resumed by anna@desk' });
    expect(asked.talk.join('\n')).toContain('next at 2026-11-27 03:00 UTC');
  });

  it('is triggered, unless that would be left out', async () => {
    const running = [{ at: NOW, workflowId: 'w', runId: 'r' }];
    await trigger(context(), one('demo/init-cluster'));
    schedules.change('demo/init-cluster', { running });
    schedules.change('demo/weekly', { running });
    await expect(trigger(context(), one('demo/init-cluster'))).rejects.toMatchObject({ code: 'KHA1043' });
    await trigger(context(), one('weekly'));
    expect(schedules.calls).toEqual(['trigger demo/init-cluster', 'trigger demo/weekly']);
  });

  it('has its waiting runs ended', async () => {
    const asked = context();
    await cancel(asked, one('weekly'));
    expect(asked.talk.join('\n')).toContain('kha/demo/weekly-now waits no more');
    expect(schedules.states.has('demo/weekly')).toBe(true);
  });

  it('is forgotten when that is confirmed, with the runs that wait', async () => {
    await expect(remove(context(false), one('weekly'))).rejects.toMatchObject({ code: 'KHA1009' });
    await expect(remove(context(), one('weekly'))).rejects.toMatchObject({ code: 'KHA1003' });
    await remove(context(true), one('weekly'));
    expect(schedules.calls).toEqual(['delete demo/weekly', 'cancel demo/weekly']);
  });
});
