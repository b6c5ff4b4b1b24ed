import { describe, expect, it } from 'vitest';
import { follow } from '../../../src/cli/follow.ts';
import { sayEnding } from '../../../src/cli/endings.ts';
import { KhaError } from '../../../src/cluster/error.ts';
import type { Operations, OperationSummary, Outcome } from '../../../src/ports/operations.ts';
import type { Progress } from '../../../src/workflows/protocol.ts';
import { fakeContext } from './fake-context.ts';
import { inTheMiddle, T0 } from './sample-progress.ts';

const over: Outcome = {
  state: 'completed',
  result: {
    operation: 'init-cluster',
    cluster: 'demo',
    planDigest: 'x',
    changed: 3,
    unchanged: 2,
    skipped: 1,
    durationMs: 65_000,
  },
};
const gone = (code: string): KhaError => new KhaError('Not reached.', { code, blame: 'temporal', hint: 'Start it.' });
const done: Progress = { ...inTheMiddle, phase: 'done' };
const running: OperationSummary = {
  workflowId: 'kha/demo',
  runId: 'r',
  cluster: 'demo',
  operation: 'init-cluster',
  state: 'running',
  startedAt: T0,
};

/** Answers each look with the next of the list; the last one stays. */
function scripted(looks: (Progress | Error)[], outcome: Outcome = over): Operations {
  let i = 0;
  let last: Progress | Error | undefined;
  const never = () => Promise.reject(new Error('not part of this test'));
  return {
    place: { address: 'a', namespace: 'n' },
    progress: async () => {
      last = looks[Math.min(i++, looks.length - 1)];
      if (!last || last instanceof Error) throw last;
      return last;
    },
    describe: async () => {
      if (last instanceof KhaError && last.code === 'KHA6001') throw last;
      const isOver = last && !(last instanceof Error) && last.phase === 'done';
      return { ...running, state: isOver ? 'completed' : 'running' };
    },
    outcome: async () => outcome,
    start: never,
    decide: never,
    leaveWord: never,
    spoken: never,
    list: never,
    retry: never,
    skip: never,
    abort: never,
    workers: never,
    serverVersion: never,
    close: async () => undefined,
  };
}
const options = { cluster: 'demo', runId: 'r', mode: 'lines', stopWhenStuck: true } as const;

describe('follow', () => {
  it('ends with the outcome and says each event once', async () => {
    const context = fakeContext({ now: T0 });
    const followed = await follow(context, scripted([inTheMiddle, inTheMiddle, done]), options);
    expect(followed).toMatchObject({ end: 'over', outcome: over });
    expect(context.out.filter((l) => l.includes('base-system/m1'))).toHaveLength(1);
  });

  it('outlives a restart of Temporal, says so once and goes on', async () => {
    const context = fakeContext({ now: T0 });
    const looks = [inTheMiddle, gone('KHA6001'), gone('KHA6001'), gone('KHA6001'), inTheMiddle, done];
    const followed = await follow(context, scripted(looks), options);
    expect(followed.end).toBe('over');
    expect(context.talk.filter((l) => l.startsWith('Not reached.'))).toHaveLength(1);
    expect(context.talk).toContain('kha answers again.');
    // 1 + 2 + 4 s of back-off among the pauses.
    expect(context.now() - T0).toBeGreaterThanOrEqual(7000);
  });

  it('says that no worker answers and keeps trying', async () => {
    const context = fakeContext({ now: T0 });
    const followed = await follow(context, scripted([gone('KHA6010'), gone('KHA6010'), done]), options);
    expect(followed.end).toBe('over');
    expect(context.talk[0]).toContain('Start it.');
  });

  it('gives up on anything else', async () => {
    await expect(follow(fakeContext(), scripted([new TypeError('x')]), options)).rejects.toThrow(TypeError);
  });

  it('stops where only a person can go on, when asked to', async () => {
    const tasks = inTheMiddle.tasks.map((t) => (t.state === 'running' ? { ...t, state: 'parked' as const } : t));
    const stuck = { ...inTheMiddle, tasks };
    const followed = await follow(fakeContext(), scripted([stuck]), options);
    expect(followed.end).toBe('stuck');
    expect(() => sayEnding(fakeContext(), 'init-cluster', 'demo', followed)).toThrow(/waits for a person: parked are/);
  });

  it('stops watching at Ctrl-C and says how to come back', async () => {
    const controller = new AbortController();
    const context = fakeContext({ abort: controller.signal, onSleep: () => controller.abort() });
    const followed = await follow(context, scripted([inTheMiddle]), options);
    expect(followed.end).toBe('interrupted');
    try {
      sayEnding(context, 'init-cluster', 'demo', followed);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'KHA1010', hint: expect.stringContaining('kha status demo -w') });
    }
  });

  it('prints a document a change in JSON', async () => {
    const context = fakeContext();
    await follow(context, scripted([inTheMiddle, inTheMiddle, done]), { ...options, mode: 'json' });
    expect(context.out.map((line) => (JSON.parse(line) as Progress).phase)).toEqual(['tasks', 'done']);
  });

  it('draws over its last picture on a terminal', async () => {
    const context = fakeContext({ now: T0 + 95_000 });
    await follow(context, scripted([inTheMiddle, done]), { ...options, mode: 'tree', stopWhenStuck: false });
    const written = context.out.join('');
    expect(written).toContain('A\rinit-cluster · demo');
    expect(written.endsWith('\u001b[?25h')).toBe(true);
  });
});

describe('sayEnding', () => {
  it('says "nothing to change" of a run that changed nothing', () => {
    const context = fakeContext();
    const outcome: Outcome = { state: 'completed', result: { ...over.result, changed: 0 } };
    sayEnding(context, 'init-cluster', 'demo', { end: 'over', outcome, progress: undefined });
    expect(context.talk.join('\n')).toContain('nothing to change');
    expect(context.talk.join('\n')).not.toContain('warning');
  });

  it('says how many warnings there are, and where', () => {
    const context = fakeContext();
    const tasks = inTheMiddle.tasks.map((t, i) => (i < 2 ? { ...t, warnings: ['look at this'] } : t));
    sayEnding(context, 'init-cluster', 'demo', { end: 'over', outcome: over, progress: { ...inTheMiddle, tasks } });
    expect(context.talk.join('\n')).toContain('! 2 warnings:  kha status demo');
  });

  it('fails with the reason of the operation', () => {
    const failure = { message: 'kubeadm init failed', code: 'KHA3310', blame: 'host' as const, lastLines: ['boom'] };
    const outcome: Outcome = { state: 'failed', failure };
    expect(() =>
      sayEnding(fakeContext(), 'init-cluster', 'demo', { end: 'over', outcome, progress: undefined }),
    ).toThrow(
      expect.objectContaining({
        code: 'KHA1007',
        lastLines: ['boom'],
        message: 'init-cluster on demo failed: kubeadm init failed.',
      }),
    );
  });
});
