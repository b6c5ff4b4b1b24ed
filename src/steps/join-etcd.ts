import { etcdHosts } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { certificates } from './certificates.ts';
import { standaloneKubelet } from './standalone-kubelet.ts';

export const joinEtcd = step({
  id: 'join-etcd',
  title: 'Join the members of etcd',
  why: 'One by one, each onto members that agree: it learns first, and gets its vote when it has caught up.',
  after: [standaloneKubelet, certificates],
  hosts: etcdHosts,
  order: 'one-by-one',
  activity: 'joinEtcd',
  policy: 'conversation',
});
