import { expect, it } from 'vitest';
import { hostNamed } from '../../../src/cluster/cluster.ts';
import { noProxyOf } from '../../../src/parts/no-proxy.ts';
import { clusterFrom } from '../../fakes/cluster.ts';

const cluster = (masters: string) =>
  clusterFrom(`
name: t
hosts: {m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, w1: 10.0.0.4, w2: 'fd00::5'}
masters: [${masters}]
workers: [w1, w2]
proxy: {http: 'http://proxy.example.com:3128', no: [.example.com]}
runtime:
  registries:
    docker.io: {endpoints: ['https://mirror.example.com', 'http://10.0.0.4:5000']}
    'w2:5000': {endpoints: ['http://[fd00::5]:5000']}
`);

it('names the host itself, hosts with a registry as they are called, and what the file says', async () => {
  const made = await cluster('m1, m2, m3');
  expect(noProxyOf(made, hostNamed(made, 'm1'))).toEqual([
    'localhost',
    '127.0.0.1',
    '::1',
    '.svc',
    '.cluster.local',
    '10.244.0.0/16',
    '10.96.0.0/16',
    '10.0.0.4',
    'w2',
    'fd00::5',
    '10.0.0.1',
    '.example.com',
  ]);
});

it('is the same with other masters: nobody has to hear of them', async () => {
  const [many, one] = [await cluster('m1, m2, m3'), await cluster('m1')];
  expect(noProxyOf(many, hostNamed(many, 'w1'))).toEqual(noProxyOf(one, hostNamed(one, 'w1')));
});
