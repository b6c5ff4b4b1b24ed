import { etcdHosts } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { unlessSurvivor } from './etcd-lost.ts';
import { stopApiServers } from './stop-api-servers.ts';
import { stopEtcd } from './stop-etcd.ts';

export const recoverEtcd = step({
  id: 'recover-etcd',
  title: 'etcd goes on with one member',
  why: 'The member with the newest keys forgets all others, and decides alone.',
  afterAll: [stopApiServers, stopEtcd],
  hosts: etcdHosts,
  skipWhen: unlessSurvivor,
  activity: 'recoverEtcd',
  policy: 'conversation',
});
