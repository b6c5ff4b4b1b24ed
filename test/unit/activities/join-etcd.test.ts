import { describe, expect, it } from 'vitest';
import { parseMembers } from '../../../src/activities/etcd-members.ts';
import { joinEtcd } from '../../../src/activities/join-etcd.ts';
import type { Session } from '../../../src/activities/session.ts';
import type { TaskScope } from '../../../src/activities/task-scope.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

it('reads members of etcd: started, not started yet, learning', () => {
  const text = `8e9e05c52164694d, started, m1, https://10.0.0.1:2380, https://10.0.0.1:2379, false
f1b2c3d4e5f60718, unstarted, , https://10.0.0.2:2380, , true
a1b2c3d4e5f60718, started, m3, https://10.0.0.3:2380,https://[fd00::3]:2380, https://10.0.0.3:2379, true
`;
  expect(parseMembers(text)).toEqual([
    {
      id: '8e9e05c52164694d',
      name: 'm1',
      peerUrls: ['https://10.0.0.1:2380'],
      clientUrls: ['https://10.0.0.1:2379'],
      isLearner: false,
    },
    { id: 'f1b2c3d4e5f60718', name: '', peerUrls: ['https://10.0.0.2:2380'], clientUrls: [], isLearner: true },
    {
      id: 'a1b2c3d4e5f60718',
      name: 'm3',
      peerUrls: ['https://10.0.0.3:2380', 'https://[fd00::3]:2380'],
      clientUrls: ['https://10.0.0.3:2379'],
      isLearner: true,
    },
  ]);
});

type State = 'unknown' | 'added' | 'learning' | 'voting';

/** An etcd of one member, and a host that stands somewhere on the way to the second one. It starts when its files are asked for. */
async function etcdThat(state: State, options: { data?: true; silent?: true; slow?: number } = {}) {
  const cluster = await clusterFrom(
    '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3}, masters: [m1], workers: [m2], etcd: [m1, m2, m3]}',
  );
  let now = 0;
  let slow = options.slow ?? 0;
  let second = state;
  const done: string[] = [];
  const list = (): string =>
    [
      '1, started, m1, https://10.0.0.1:2380, https://10.0.0.1:2379, false',
      ...(second === 'unknown'
        ? []
        : second === 'added'
          ? ['2, unstarted, , https://10.0.0.2:2380, , true']
          : [`2, started, m2, https://10.0.0.2:2380, https://10.0.0.2:2379, ${second === 'learning'}`]),
    ].join('\n');
  const names = (): string[] => (second === 'unknown' ? ['m1'] : ['m1', 'm2']);
  const health = (): string =>
    [
      `members ${JSON.stringify({ members: names().map((name) => ({ name })) })}`,
      `status ${JSON.stringify(names().map((name) => ({ Endpoint: name, Status: { header: {}, leader: 1 } })))}`,
    ].join('\n');
  const answer = (title: string): { exitCode: number; stdout?: string; stderr?: string } => {
    const is = (words: string): boolean => title.startsWith(words);
    if (is('does etcd on')) return { exitCode: options.silent ? 1 : 0, stdout: list(), stderr: 'no route' };
    if (is('members of etcd')) return { exitCode: 0, stdout: list() };
    if (is('members, endpoints')) return { exitCode: 0, stdout: health() };
    if (is('is there data')) return { exitCode: options.data ? 1 : 0 };
    if (is('add ')) second = 'added';
    else if (is('look at all')) {
      if (second === 'added') second = 'learning';
      return { exitCode: 0, stdout: [0, 1, 2, 3].map((i) => `@@kha ${i} same x`).join('\n') };
    } else if (is('promote') && slow-- > 0)
      return { exitCode: 1, stderr: 'can only promote a learner in sync with leader' };
    else if (is('promote')) second = 'voting';
    else throw new Error(`nobody asks this: ${title}`);
    done.push(title);
    return { exitCode: 0 };
  };
  const session = (name: string): Session => {
    const look: Session['look'] = async (title) => ({
      stdout: '',
      stderr: '',
      startedAt: now,
      endedAt: now,
      ...answer(title),
    });
    return {
      host: hostNamed(cluster, name),
      look,
      read: async (title, command) => (await look(title, command)).stdout,
      isRunning: async () => false,
      job: () => Promise.reject(new Error('nothing differs')),
    };
  };
  const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) };
  const scope = { ports: { clock }, cluster, facts: bareFacts(cluster), session, abort: new AbortController().signal };
  return {
    done,
    join: () => joinEtcd(scope as unknown as TaskScope, 'm2', () => undefined),
    seconds: () => now / 1000,
  };
}

describe('a member that joins', () => {
  it.each<[State, string[]]>([
    ['unknown', ['add m2 as a learner', 'promote m2']],
    ['added', ['promote m2']],
    ['learning', ['promote m2']],
  ])('goes on from where it is: %s', async (state, expected) => {
    const { join, done } = await etcdThat(state);
    expect(await join()).toEqual({ changed: true, detail: 'votes in etcd' });
    expect(done).toEqual(expected);
  });

  it('is left alone when it votes', async () => {
    const { join, done } = await etcdThat('voting');
    expect(await join()).toMatchObject({ changed: false });
    expect(done).toEqual([]);
  });

  it('gets its vote only when it has caught up', async () => {
    const { join, seconds } = await etcdThat('learning', { slow: 6 });
    await join();
    expect(seconds()).toBe(3);
  });

  it('is refused where data of another lie, before anything is done; and where no member answers', async () => {
    const { join, done } = await etcdThat('unknown', { data: true });
    await expect(join()).rejects.toMatchObject({ code: 'KHA3313', final: true });
    expect(done).toEqual([]);
    await expect((await etcdThat('unknown', { silent: true })).join()).rejects.toMatchObject({
      code: 'KHA3301',
      lastLines: ['m1: no route', 'm3: no route'],
    });
  });
});
