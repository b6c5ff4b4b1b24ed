import { expect, test } from 'vitest';
import type { Ports } from '../../../src/activities/ports.ts';
import { openSession } from '../../../src/activities/session.ts';
import { sh } from '../../../src/formats/sh.ts';
import { clusterFrom } from '../../fakes/cluster.ts';
import { bareFacts } from '../../fakes/facts.ts';

test('a second script under the name of one that was run is refused: it would count as done', async () => {
  const cluster = await clusterFrom('{name: demo, hosts: {m1: 10.0.0.1}, masters: [m1]}');
  const asked: string[] = [];
  const ssh = {
    exec: () => Promise.reject(new Error('no look is expected')),
    stream: () => Promise.reject(new Error('no job is expected')),
  };
  const ports = { ssh: () => ssh } as unknown as Ports;
  const session = openSession(
    ports,
    {
      cluster,
      facts: bareFacts(cluster),
      run: 'r',
      task: 'rejoin-etcd/m1',
      issuedAt: 0,
      scheduledAt: 0,
      abort: new AbortController().signal,
      heartbeat: () => asked.push('beat'),
      begun: new Map([['m1 demo.rejoin-etcd.m1', 'echo first']]),
    },
    'm1',
  );
  await expect(session.job('another', sh`echo second`)).rejects.toMatchObject({
    code: 'KHA9100',
    message: 'two jobs of rejoin-etcd/m1 have the same name on m1: another',
  });
  expect(asked).toEqual([]);
});
