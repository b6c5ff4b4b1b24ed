import { describe, expect, it } from 'vitest';
import { confirmEtcdLost } from '../../../src/activities/recover-etcd.ts';
import type { Session } from '../../../src/activities/session.ts';
import type { TaskScope } from '../../../src/activities/task-scope.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import type { FactsByHost } from '../../../src/cluster/facts.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { factsOf } from '../../fakes/facts.ts';

const cluster = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, w1: 10.0.0.4}, masters: [m1, m2], workers: [w1], etcd: [m1]}',
);

/** A member on m1 that has a leader after so many looks, and knows members on these hosts. */
function watching(leaderAfter: number, members: number[], hadLeader: boolean) {
  let looks = 0;
  let now = 0;
  const m1 = hostNamed(cluster, 'm1');
  const look: Session['look'] = async (title) => ({
    exitCode: 0,
    stderr: '',
    startedAt: 0,
    endedAt: 0,
    stdout:
      title === 'members of etcd'
        ? members
            .map((n) => `${n}f, started, m${n}, https://10.0.0.${n}:2380, https://10.0.0.${n}:2379, false`)
            .join('\n')
        : `[{"Endpoint":"e","Status":{"header":{"revision":42},"leader":${looks++ < leaderAfter ? 0 : 9}}}]`,
  });
  const session = (): Session => ({
    host: m1,
    look,
    read: async (title, command) => (await look(title, command)).stdout,
    isRunning: async () => false,
    job: () => Promise.reject(new Error('nothing may be run')),
  });
  const facts: FactsByHost = {
    m1: factsOf(cluster, m1, { etcd: { state: 'existing', member: { revision: 42, hasLeader: hadLeader } } }),
  };
  const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) };
  const abort = new AbortController().signal;
  return confirmEtcdLost({ ports: { clock }, cluster, facts, session, abort } as unknown as TaskScope, 'm1');
}

describe('a member that may have lost the others', () => {
  it('is watched longer than an election takes', async () => {
    expect(await watching(Number.POSITIVE_INFINITY, [], false)).toEqual({
      changed: false,
      detail: 'no leader; revision 42 is the newest',
    });
    await expect(watching(5, [1], false)).rejects.toMatchObject({ code: 'KHA3315' });
  });

  it('is left alone where it has a leader: one that a former try made, or one with hosts that can leave in order', async () => {
    expect(await watching(0, [1], true)).toMatchObject({ detail: 'etcd has a leader' });
    await expect(watching(0, [1, 2], true)).rejects.toMatchObject({
      code: 'KHA3315',
      hint: expect.stringContaining('m2 can be removed in order') as string,
    });
  });
});
