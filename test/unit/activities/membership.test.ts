import { describe, expect, it } from 'vitest';
import type { TaskScope } from '../../../src/activities/task-scope.ts';
import { isInitialised, isJoined } from '../../../src/activities/membership.ts';
import type { Session } from '../../../src/activities/session.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import type { Facts } from '../../../src/cluster/facts.ts';
import { goldenCluster } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

type Answer = { exitCode: number; stdout?: string };

const silent: Answer = { exitCode: 1 };
const names = (count: number): Answer => ({ exitCode: 0, stdout: 'x\n'.repeat(count) });

/** Hosts that answer looks by their title, whatever they are asked; time passes as it is slept. */
async function scopeWith(answer: (host: string, title: string) => Answer, joined: string[] = []) {
  const cluster = await goldenCluster('m-master-hostname');
  const asked: string[] = [];
  let now = 0;
  const session = (name: string): Session => {
    const look: Session['look'] = async (title) => {
      asked.push(`${name}: ${title}`);
      return { stdout: '', stderr: '', startedAt: now, endedAt: now, ...answer(name, title) };
    };
    return {
      host: hostNamed(cluster, name),
      look,
      read: async (title, command) => {
        const { exitCode, stdout } = await look(title, command);
        if (exitCode !== 0) throw new Error(`${title} failed`);
        return stdout;
      },
      isRunning: async () => false,
      job: () => Promise.reject(new Error('nothing may be run')),
    };
  };
  const facts = bareFacts(cluster);
  for (const name of joined) {
    const host = facts[name] as Facts;
    facts[name] = { ...host, kubernetes: { ...host.kubernetes, joined: true } };
  }
  const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) };
  const scope = {
    ports: { clock },
    cluster,
    facts,
    session,
    abort: new AbortController().signal,
  } as unknown as TaskScope;
  return { scope, session, asked, seconds: () => now / 1000 };
}

describe('who has joined', () => {
  it('is told by the API server that the host knows', async () => {
    for (const [count, joined] of [
      [1, true],
      [0, false],
    ] as const) {
      const { scope, session, asked } = await scopeWith(() => names(count));
      expect(await isJoined(scope, session('w1'))).toBe(joined);
      expect(asked).toEqual(['w1: is the host a member']);
    }
  });

  it('is asked of a ready master where nobody answers: silence is no word', async () => {
    const { scope, session } = await scopeWith((host) => (host === 'w1' ? silent : names(1)));
    expect(await isJoined(scope, session('w1'))).toBe(true);
  });

  it('stays unknown where no master answers, and nothing is joined again', async () => {
    const { scope, session } = await scopeWith(() => silent);
    await expect(isJoined(scope, session('w1'))).rejects.toMatchObject({ code: 'KHA3302' });
    await expect(isJoined(scope, session('m2'))).rejects.toMatchObject({ code: 'KHA3302' });
  });
});

describe('whether the first master is initialised', () => {
  const complete = (title: string): Answer => names(title === 'is the cluster there' ? 4 : 1);

  it('waits for an API server that is on its way', async () => {
    let looks = 0;
    const { scope, session, seconds } = await scopeWith((_, title) =>
      title === 'does an API server start here' || ++looks > 20 ? complete(title) : silent,
    );
    expect(await isInitialised(scope, session('m1'))).toBe(true);
    expect(seconds()).toBeGreaterThan(5);
  });

  it('is no where none will come, or it does not come', async () => {
    const none = await scopeWith(() => silent);
    expect(await isInitialised(none.scope, none.session('m1'))).toBe(false);
    expect(none.seconds()).toBe(0);
    const late = await scopeWith((_, title) => (title === 'does an API server start here' ? names(0) : silent));
    expect(await isInitialised(late.scope, late.session('m1'))).toBe(false);
    expect(late.seconds()).toBeGreaterThanOrEqual(60);
  });

  it('is yes where others have joined, however silent it is: init would make it worse', async () => {
    const { scope, session, asked } = await scopeWith(() => silent, ['w1']);
    expect(await isInitialised(scope, session('m1'))).toBe(true);
    expect(asked).toEqual([]);
  });
});
