import { nodes } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { drain } from './drain.ts';

export const deleteNode = step({
  id: 'delete-node',
  title: 'Delete the nodes',
  why: 'The cluster forgets the node; whatever still runs there is none of its business any more.',
  after: [drain],
  hosts: nodes,
  leaving: true,
  activity: 'deleteNode',
  policy: 'quick',
});
