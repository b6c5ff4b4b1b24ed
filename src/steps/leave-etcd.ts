import { etcdHosts } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { drain } from './drain.ts';
import { tellAll } from './tell-all.ts';

export const leaveEtcd = step({
  id: 'leave-etcd',
  title: 'Leave etcd',
  why: 'One by one, and only where those that stay can decide without it: else it parks, and says which order is safe.',
  after: [drain],
  afterAll: [tellAll],
  hosts: etcdHosts,
  leaving: true,
  disruptive: true,
  order: 'one-by-one',
  activity: 'leaveEtcd',
  policy: 'conversation',
});
