import { describe, expect, it } from 'vitest';
import { leaveEtcd } from '../../../src/activities/leave-etcd.ts';
import type { Session } from '../../../src/activities/session.ts';
import type { TaskScope } from '../../../src/activities/task-scope.ts';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import { withoutHosts } from '../../../src/config/remove-hosts.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

const cluster = await clusterFrom(
  '{name: t, hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4}, masters: [m1, m2, m3], workers: [w1]}',
);

/** An etcd of these members, of which some are silent. */
function etcdOf(members: number[], silent: number[] = []) {
  let list = members;
  const done: string[] = [];
  const url = (n: number, port: number): string => `https://10.0.0.${n}:${port}`;
  const answer = (title: string): { exitCode: number; stdout?: string } => {
    if (title.startsWith('does etcd on') || title === 'members of etcd')
      return {
        exitCode: 0,
        stdout: list.map((n) => `${n}f, started, m${n}, ${url(n, 2380)}, ${url(n, 2379)}, false`).join('\n'),
      };
    if (title === 'which members answer')
      return {
        exitCode: silent.length > 0 ? 1 : 0,
        stdout: list
          .filter((n) => !silent.includes(n))
          .map((n) => `${url(n, 2379)}, ${n}f, 3.5.21, 20 kB, false`)
          .join('\n'),
      };
    if (title === 'is etcd healthy') return { exitCode: 0 };
    const [, n] = /^remove m(\d) from etcd$/.exec(title) ?? [];
    if (n === undefined) throw new Error(`nobody asks this: ${title}`);
    done.push(title);
    list = list.filter((member) => member !== Number(n));
    return { exitCode: 0 };
  };
  const session = (name: string): Session => {
    const look: Session['look'] = async (title) => ({
      stdout: '',
      stderr: '',
      startedAt: 0,
      endedAt: 0,
      ...answer(title),
    });
    return {
      host: hostNamed(cluster, name),
      look,
      read: async (title, command) => (await look(title, command)).stdout,
      isRunning: async () => false,
      job: () => Promise.reject(new Error('nothing may be run')),
    };
  };
  const clock = { now: () => 0, sleep: async () => undefined };
  const leave = (host: string) =>
    leaveEtcd(
      {
        ports: { clock },
        cluster,
        facts: bareFacts(cluster),
        next: withoutHosts(cluster, [host]),
        session,
        abort: new AbortController().signal,
      } as unknown as TaskScope,
      host,
    );
  return { done, leave };
}

describe('a member that leaves', () => {
  it('leaves once, alive or dead', async () => {
    for (const silent of [[], [1]]) {
      const { leave, done } = etcdOf([1, 2, 3], silent);
      expect(await leave('m1')).toMatchObject({ changed: true });
      expect(await leave('m1')).toMatchObject({ changed: false });
      expect(done).toEqual(['remove m1 from etcd']);
    }
  });

  it('stays where the others could decide nothing without it, and says who is silent', async () => {
    const { leave, done } = etcdOf([1, 2, 3], [3]);
    await expect(leave('m1')).rejects.toMatchObject({
      code: 'KHA3314',
      message: 'without m1 etcd would have 2 members, of which 2 must answer, and 1 do',
      hint: expect.stringContaining('Silent: m3.') as string,
    });
    expect(done).toEqual([]);
    expect(await leave('m3')).toMatchObject({ changed: true });
    expect(await leave('m1')).toMatchObject({ changed: true });
  });
});
