import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApprovalGate } from '../../src/graph/gate.ts';
import { startSkippingTemporal } from './temporal.ts';
import { gate, progress, refuse, runIn, task, until, type World } from './world.ts';

// Gates that expire and windows that open, on a clock that jumps.

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startSkippingTemporal();
}, 120_000);
afterAll(() => env.teardown());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const guarded = (more: Partial<ApprovalGate>) => [
  gate('approve-reboot/w1', ['reboot/w1'], { expiresSeconds: 86_400, ...more }),
  task('reboot/w1', ['approve-reboot/w1']),
];
const approve = { gate: 'approve-reboot/w1', reason: 'late, but yes', by: 'ann' };

test('an expired gate parks: it does not go on before somebody says so, and then it does', async () => {
  const { result, ran } = await runIn(
    env,
    'park',
    { plans: { v1: guarded({ outcome: 'park' }) } },
    async (handle, so) => {
      const asked = await until(handle, 'approve-reboot/w1', 'asking');
      expect((asked?.gate?.until ?? 0) - (asked?.startedAt ?? 0)).toBe(DAY);
      await env.sleep(DAY - HOUR);
      await until(handle, 'approve-reboot/w1', 'asking');
      await env.sleep(2 * HOUR);
      const parked = await until(handle, 'approve-reboot/w1', 'parked');
      expect(parked?.failure).toMatchObject({
        code: 'KHA7025',
        message: expect.stringMatching(/nobody decided from .* to /),
      });
      await env.sleep(10 * DAY);
      expect(so).toEqual([]);
      expect((await progress(handle)).said).toEqual([
        expect.objectContaining({
          by: 'kha',
          text: expect.stringMatching(/^approve-reboot\/w1 expired: .*; outcome: park$/),
        }),
      ]);
      await handle.executeUpdate('approve', { args: [approve] });
    },
  );
  expect(result).toMatchObject({ changed: 1 });
  expect(ran).toEqual(['reboot/w1']);
});

test('retry asks once more with a new deadline', async () => {
  await runIn(env, 'again', { plans: { v1: guarded({ outcome: 'park' }) } }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await env.sleep(2 * DAY);
    const parked = await until(handle, 'approve-reboot/w1', 'parked');
    await handle.signal('retry', { task: 'approve-reboot/w1', by: 'ann' });
    const asked = await until(handle, 'approve-reboot/w1', 'asking');
    expect(asked?.gate?.until).toBeGreaterThan((parked?.endedAt ?? 0) + DAY);
    await handle.executeUpdate('approve', { args: [approve] });
  });
});

test.each([
  ['reject', [], 'rejected: approve-reboot/w1 was rejected by kha: nobody decided'],
  ['continue', ['reboot/w1'], ''],
] as const)('an expiry whose outcome is %s does that, and says so', async (outcome, does, message) => {
  const { result, ran, seen } = await runIn(env, outcome, { plans: { v1: guarded({ outcome }) } }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await env.sleep(DAY + HOUR);
    await handle.result().catch(() => undefined);
    return progress(handle);
  });
  expect(ran).toEqual(does);
  expect(seen.said[0]).toMatchObject({ by: 'kha', text: expect.stringContaining(`outcome: ${outcome}`) });
  if (message) expect(result).toMatchObject({ cause: { message: expect.stringContaining(message) } });
  else
    expect(seen.tasks[0]).toMatchObject({
      state: 'changed',
      detail: expect.stringContaining('not decided in time, so it goes on by kha: nobody decided'),
    });
});

test('where failures end the operation an expired gate does as well', async () => {
  const world = { plans: { v1: guarded({ outcome: 'park' }) } };
  const { result, ran } = await runIn(
    env,
    'abort',
    world,
    async (handle) => {
      await until(handle, 'approve-reboot/w1', 'asking');
      await env.sleep(DAY + HOUR);
    },
    { onFailure: 'abort' },
  );
  expect(result).toMatchObject({ cause: { message: expect.stringMatching(/^aborted: approve-reboot\/w1 failed/) } });
  expect(ran).toEqual([]);
});

test('the webhook is told of the question, reminded, told of the expiry and of the late decision; it holds nothing up', async () => {
  const told: string[] = [];
  const onNotice: World['onNotice'] = (notice) => {
    told.push(`${notice.event} ${notice.gate} ${notice.by ?? '-'}`);
    if (notice.event === 'reminder' && told.length === 2) refuse('no route to the receiver');
  };
  const plan = guarded({ outcome: 'park', remindSeconds: 10 * 3600, tells: true });
  const { seen } = await runIn(env, 'webhook', { plans: { v1: plan }, onNotice }, async (handle) => {
    await until(handle, 'approve-reboot/w1', 'asking');
    await env.sleep(DAY + HOUR);
    await until(handle, 'approve-reboot/w1', 'parked');
    await handle.executeUpdate('approve', { args: [approve] });
    await handle.result();
    return { said: (await progress(handle)).said, memo: (await handle.describe()).memo };
  });
  expect(told).toEqual([
    'requested approve-reboot/w1 -',
    'reminder approve-reboot/w1 -',
    'reminder approve-reboot/w1 -',
    'expired approve-reboot/w1 -',
    'approved approve-reboot/w1 ann',
  ]);
  expect(seen.said.map((s) => s.text)).toContain(
    'the webhook was not told of approve-reboot/w1 (reminder): no route to the receiver',
  );
  expect(seen.memo).toMatchObject({ 'expired approve-reboot/w1': { text: expect.stringContaining('outcome: park') } });
});

/** `Mon 14:03` in UTC, so many ms from a time. */
const wall = (ms: number): { day: string; time: string } => {
  const date = new Date(ms);
  return {
    day: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][date.getUTCDay()] ?? '',
    time: date.toISOString().slice(11, 16),
  };
};
/** A window of an hour that opens in so many hours. */
const windowIn = async (hours: number): Promise<string> => {
  const now = await env.currentTimeMs();
  const [from, to] = [wall(now + hours * HOUR), wall(now + (hours + 1) * HOUR)];
  return `${from.day} ${from.time}-${to.time} UTC`;
};
const held = (windows: string[], hosts: string[], hostMinutes = 15) =>
  hosts.flatMap((host, i) => [
    gate(
      `window/${host}`,
      [`reboot/${host}`],
      { kind: 'window', windows, hostMinutes },
      i > 0 ? [`reboot/${hosts[i - 1]}`] : [],
    ),
    task(`reboot/${host}`, [`window/${host}`], { title: 'reboot' }),
  ]);

test('what is disruptive waits for its window, all else goes on meanwhile', async () => {
  const window = await windowIn(5);
  const plan = [...held([window], ['w1']), task('base/w1')];
  const { ran, seen } = await runIn(env, 'window', { plans: { v1: plan } }, async (handle, so) => {
    const holding = await until(handle, 'window/w1', 'holding');
    await until(handle, 'base/w1', 'changed');
    await env.sleep(3 * HOUR);
    expect(so).toEqual(['base/w1']);
    await env.sleep(3 * HOUR);
    await handle.result();
    return { holding, after: await progress(handle) };
  });
  expect(ran).toEqual(['base/w1', 'reboot/w1']);
  expect(seen.holding).toMatchObject({ detail: expect.stringContaining(window) });
  const reboot = seen.after.tasks.find((t) => t.id === 'reboot/w1');
  expect(reboot?.startedAt).toBeGreaterThanOrEqual(seen.holding?.gate?.until ?? Number.POSITIVE_INFINITY);
  expect(seen.after.tasks.find((t) => t.id === 'window/w1')?.detail).toMatch(/^open until /);
});

test('no host begins that can not end before the window closes: the next one comes a week later', async () => {
  const window = await windowIn(1);
  const windows = { kind: 'window' as const, windows: [window], hostMinutes: 15 };
  const plan = [
    gate('window/w1', ['reboot/w1', 'uncordon/w1'], windows),
    task('reboot/w1', ['window/w1']),
    // A person takes 40 minutes of the hour, which makes w1 a host that takes as long.
    gate('approve-uncordon/w1', ['uncordon/w1'], {}, ['reboot/w1']),
    task('uncordon/w1', ['approve-uncordon/w1']),
    gate('window/w2', ['reboot/w2', 'uncordon/w2'], windows, ['uncordon/w1']),
    task('reboot/w2', ['window/w2']),
    task('uncordon/w2', ['reboot/w2']),
  ];
  const { seen } = await runIn(env, 'close', { plans: { v1: plan } }, async (handle) => {
    await until(handle, 'window/w1', 'holding');
    await env.sleep(HOUR + 60_000);
    await until(handle, 'approve-uncordon/w1', 'asking');
    await env.sleep(40 * 60_000);
    await handle.executeUpdate('approve', { args: [{ reason: 'seen', by: 'ann' }] });
    const second = await until(handle, 'window/w2', 'holding');
    await env.sleep(8 * DAY);
    await handle.result();
    return { second, after: await progress(handle) };
  });
  const started = (id: string): number => seen.after.tasks.find((t) => t.id === id)?.startedAt ?? 0;
  expect(seen.second?.gate?.until).toBeGreaterThan(started('reboot/w1') + 6 * DAY);
  expect(started('reboot/w2') - started('reboot/w1')).toBeGreaterThan(6 * DAY);
});

test('a person may go on outside of the window, if it is named', async () => {
  const window = await windowIn(48);
  const { ran, seen } = await runIn(env, 'override', { plans: { v1: held([window], ['w1']) } }, async (handle) => {
    await until(handle, 'window/w1', 'holding');
    await expect(handle.executeUpdate('approve', { args: [{ gate: '*', reason: 'x', by: 'ann' }] })).rejects.toThrow();
    await handle.executeUpdate('approve', { args: [{ gate: 'window/w1', reason: 'emergency', by: 'ann' }] });
    await handle.result();
    return progress(handle);
  });
  expect(ran).toEqual(['reboot/w1']);
  expect(seen.tasks[0]).toMatchObject({ detail: 'not held: approved by ann: emergency' });
});
