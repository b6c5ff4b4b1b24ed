import { etcdHosts } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { isSurvivor } from './etcd-lost.ts';
import { startApiServers } from './start-api-servers.ts';

export const rejoinEtcd = step({
  id: 'rejoin-etcd',
  title: 'The others join etcd again',
  why: 'One by one, as new members do: empty, learning first. Their former data is put aside on the host.',
  afterAll: [startApiServers],
  hosts: etcdHosts,
  order: 'one-by-one',
  skipWhen: (context, host) => isSurvivor(context, host) && 'it is the one that the others join',
  activity: 'rejoinEtcd',
  policy: 'conversation',
});
