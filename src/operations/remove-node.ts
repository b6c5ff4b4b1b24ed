import { operation } from '../graph/operation.ts';
import { deleteNode } from '../steps/delete-node.ts';
import { drain } from '../steps/drain.ts';
import { resetHost } from '../steps/reset-host.ts';

export const removeNode = operation({
  id: 'remove-node',
  title: 'Remove nodes',
  why: 'Workers leave the cluster: drained, forgotten, and reset where they answer. A host that is dead for good may be removed as well.',
  removes: 'members',
  steps: [drain, deleteNode, resetHost],
});
