import { nodes } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { drain } from './drain.ts';
import { leaveEtcd } from './leave-etcd.ts';
import { tellAll } from './tell-all.ts';

export const deleteNode = step({
  id: 'delete-node',
  title: 'Delete the nodes',
  why: 'The cluster forgets the node; whatever still runs there is none of its business any more.',
  after: [drain, leaveEtcd],
  afterAll: [tellAll],
  hosts: nodes,
  leaving: true,
  activity: 'deleteNode',
  policy: 'quick',
});
