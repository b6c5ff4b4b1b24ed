import { etcdHosts } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { etcdStopped } from './etcd.ts';
import { etcdLost, isSurvivor, whileEtcdDecides } from './etcd-lost.ts';

export const stopEtcd = step({
  id: 'stop-etcd',
  title: 'Members of etcd that stay behind stop',
  why: 'From now on there is one etcd only, and none of them may speak for the former one. Their data stay where they are.',
  afterAll: [etcdLost],
  hosts: etcdHosts,
  skipWhen: (context, host) =>
    whileEtcdDecides(context) || (isSurvivor(context, host) && 'it has the newest keys, and goes on'),
  effects: ({ cluster }) => etcdStopped(cluster),
  policy: 'install',
});
